import test from 'ava';
import { hostTest, type Kind, nodeUnderTestMajor } from '../support/host.js';
import { type Arrangement, pairs, sample, titleOf, triples } from '../support/ports/arrangements.js';
import { differences, type HostTraits } from '../support/ports/judge.js';
import { tryPorts } from '../support/ports/run.js';

// Which sockets a port has room for and who hears whom, in every order of opening and closing. A dual-stack host without the
// hook is the oracle. V6ONLY_TEST_PORTS=all tries every arrangement of three sockets instead of a sample, which is smaller where
// tests run on fewer hosts.
const all = process.env.V6ONLY_TEST_PORTS === 'all';
const step = process.env.V6ONLY_TEST_HOSTS === undefined ? 1 : 3;
const arrangements = [...pairs, ...(all ? triples : sample(triples, 12 * step))];

/** In a worker Node.js itself takes [::] and an ipv6Only [::] for one, and fails an assertion if one is asked for twice. */
const canShare = ({ opened }: Arrangement) =>
  new Set(opened.map((name) => name.replace('only', ''))).size === opened.length;
const inCluster = [...sample(pairs, 2), ...(all ? triples : sample(triples, 40 * step, 3))].filter(canShare);

const oracles = new Map<'tcp' | 'udp', ReturnType<typeof tryPorts>>();
function oracle(protocol: 'tcp' | 'udp') {
  const asked = [...arrangements, ...inCluster];
  const running = oracles.get(protocol) ?? tryPorts('dual', { protocol, arrangements: asked }, { hook: false });
  oracles.set(protocol, running);
  return running;
}

/** What a kind of host does differently; `warns`: what a program is warned of. */
interface Host extends Omit<HostTraits, 'knowsPeers' | 'knowsFamilies'> {
  readonly warns?: RegExp;
}

const v6: Host = { translatesLoopback: true, translatesOwn: true, opens: true };
const HOSTS: [kind: Kind, mode: string, host: Host][] = [
  ['v6', 'auto', v6],
  ['noinet', 'auto', v6],
  ['lo4', 'auto', { ...v6, translatesLoopback: false }],
  ['lo4', 'always', v6],
  ['docker', 'auto', { ...v6, translatesLoopback: false }],
  ['vpn', 'auto', { translatesLoopback: false, translatesOwn: false, opens: false, warns: /V6ONLY_NOT_REACHABLE/ }],
  ['egress', 'auto', { translatesLoopback: false, translatesOwn: false, opens: true }],
  ['clat', 'auto', { translatesLoopback: false, translatesOwn: false, opens: true }],
  ['private', 'auto', { translatesLoopback: false, translatesOwn: false, opens: false }],
  ['dual', 'auto', { translatesLoopback: false, translatesOwn: false, opens: false }],
];

for (const [kind, mode, host] of HOSTS) {
  for (const protocol of ['tcp', 'udp'] as const) {
    for (const cluster of [undefined, 'rr', 'none'] as const) {
      // UDP has one schedule; and what is tried on two kinds of host in a cluster says enough.
      if (cluster && ((protocol === 'udp' && cluster === 'rr') || !['v6', 'lo4'].includes(kind))) continue;
      // Workers' listeners that overlap need SO_REUSEPORT, which libuv knows since Node.js 22.12.
      if (protocol === 'tcp' && cluster === 'none' && nodeUnderTestMajor < 22) continue;
      const where = `${cluster ? ` in a cluster (${cluster})` : ''}${mode === 'auto' ? '' : `, mode: ${mode}`}`;
      hostTest(test, [kind], `${protocol} ports as on a dual-stack host${where}`, async (t) => {
        t.timeout(120_000);
        const tried = cluster === undefined ? arrangements : inCluster;
        const [{ results: said }, { results, stderr }] = await Promise.all([
          oracle(protocol),
          tryPorts(kind, { protocol, arrangements: tried, cluster }, { env: { V6ONLY: mode } }),
        ]);
        if (host.warns) t.regex(stderr, host.warns);
        else t.is(stderr, '');
        // In one process, and where the primary listens for its workers, the two ends of a connection are one process's.
        const knowsPeers = protocol === 'tcp' && cluster !== 'none';
        const knows = { knowsPeers, knowsFamilies: cluster === undefined };
        const found = tried.flatMap((a) =>
          differences(a, said[titleOf(a)], results[titleOf(a)], { ...host, ...knows }).map(
            (text) => `${titleOf(a)}: ${text}`,
          ),
        );
        t.deepEqual(found, []);
      });
    }
  }
}
