import test from 'ava';
import { hostTest, type Kind, nodeUnderTestMajor } from '../support/host.js';
import { inRepository } from '../support/paths.js';
import { type Arrangement, ENDPOINTS, pairs, sample, titleOf, triples } from '../support/ports/arrangements.js';
import type { Answers } from '../support/ports/judge.js';
import { tryPorts } from '../support/ports/run.js';
import { HOST_B, onTwoHosts } from '../support/two-hosts.js';

// Who is reached from another host, while listeners open and close beside each other: never one on 127/8 or ::1, and always the
// one that a dual-stack host would let be reached. V6ONLY_TEST_PORTS=all tries every arrangement of three.
const all = process.env.V6ONLY_TEST_PORTS === 'all';
const program = inRepository('test/support/ports/reached.cjs');

/** The other host's addresses: an IPv6 one, one that embeds an IPv4 address, and one that embeds what no NAT64 carries. */
const NATIVE = '2001:db8:1::1';
const EMBEDDED = '64:ff9b::c633:6409';
const FORGED = '64:ff9b::7f00:1';

const NARROW = ['127.0.0.1', '127.0.0.2', '::1'];
const has4 = ({ opened }: Arrangement) => opened.includes('own4'); // an address that these hosts do not have
const arrangements = [...pairs, ...(all ? triples : sample(triples, 9))].filter((a) => !has4(a));
/** A worker that has a wide socket is killed, and one that has a narrow one stays. */
const workers = pairs.filter((a) => !has4(a) && NARROW.includes(a.opened[1 - a.closes]));

const listed = (list: readonly Arrangement[]) =>
  list.map((arrangement) => ({ ...arrangement, title: titleOf(arrangement) }));
const oracles = new Map<'tcp' | 'udp', ReturnType<typeof tryPorts>>();
function oracle(protocol: 'tcp' | 'udp') {
  const asked =
    oracles.get(protocol) ??
    tryPorts('dual', { protocol, arrangements: [...arrangements, ...workers] }, { hook: false });
  oracles.set(protocol, asked);
  return asked;
}

const config = (list: readonly Arrangement[]) =>
  JSON.stringify({
    address: HOST_B[0],
    sources: [NATIVE, EMBEDDED, FORGED],
    endpoints: { ...ENDPOINTS, own6: { address: HOST_B[0], family: 6 } },
    arrangements: listed(list),
    firstPort: 3000,
  });

/** Who should answer a peer at `source`. */
function expected(said: Answers, open: readonly string[], source: string) {
  const isIPv4 = source === EMBEDDED;
  if (open.includes('0.0.0.0') && (isIPv4 || said.own6 === '-')) return '0.0.0.0';
  return said.own6;
}

function tryTwoHosts(kind: Kind, list: readonly Arrangement[], serve: 'serve' | 'serveByWorkers', schedule = 'rr') {
  const programs = {
    a: `const { execFileSync } = require('child_process');
        for (const address of ['${EMBEDDED}', '${FORGED}']) execFileSync('ip', ['addr', 'add', address + '/128', 'dev', 'eth0', 'nodad']);
        process.stdout.write(JSON.stringify(await require('${program}').probe(${config(list)})));`,
    b: `const { execFileSync } = require('child_process');
        if (require('cluster').isPrimary) execFileSync('ip', ['route', 'add', '64:ff9b::/96', 'via', '${NATIVE}', 'dev', 'eth0']);
        await require('${program}').${serve}(${config(list)});`,
  };
  return onTwoHosts(kind, programs, { env: { NODE_CLUSTER_SCHED_POLICY: schedule } });
}

for (const kind of ['v6', 'lo4'] as const) {
  hostTest(test, [kind], 'another host reaches whom it should, in every order of opening and closing', async (t) => {
    t.timeout(120_000);
    const { stdout, stderr } = await tryTwoHosts(kind, arrangements, 'serve');
    t.is(stderr, '');
    const result = JSON.parse(stdout);
    const found: string[] = [];
    for (const protocol of ['tcp', 'udp'] as const) {
      const { results } = await oracle(protocol);
      for (const { title, opened, closes } of listed(arrangements)) {
        const said = results[title];
        if (String(result.opens[`${title} ${protocol}`]) !== String(said.opens))
          found.push(`${title} ${protocol} opens`);
        for (const [phase, isThere] of [
          ['before', () => true],
          ['after', (i: number) => i !== closes],
        ] as const) {
          const open = opened.filter((_, i) => said.opens[i] === 'open' && isThere(i));
          for (const source of [NATIVE, EMBEDDED, FORGED]) {
            const answer = result[phase][`${title} ${protocol} ${source}`];
            const right = expected(said[phase], open, source);
            if (answer !== right) found.push(`${title} ${protocol}, ${phase}, ${source}: ${right}, not ${answer}`);
          }
        }
      }
    }
    t.deepEqual(found, []);
  });

  for (const schedule of ['rr', 'none']) {
    // Workers' listeners that overlap need SO_REUSEPORT, which libuv knows since Node.js 22.12.
    if (schedule === 'none' && nodeUnderTestMajor < 22) continue;
    hostTest(test, [kind], `a worker with a wide socket dies: another host reaches nobody (${schedule})`, async (t) => {
      t.timeout(120_000);
      const { stdout, stderr } = await tryTwoHosts(kind, workers, 'serveByWorkers', schedule);
      t.is(stderr, '');
      const result = JSON.parse(stdout);
      for (const [key, answer] of Object.entries(result.after)) t.is(answer, '-', key);
      const wide = listed(workers).filter(({ opened, closes }) => !NARROW.includes(opened[closes]));
      for (const { title, opened, closes } of wide)
        for (const protocol of ['tcp', 'udp'])
          if (String(result.opens[`${title} ${protocol}`]) === 'open,open')
            for (const source of [NATIVE, EMBEDDED, FORGED])
              t.is(result.before[`${title} ${protocol} ${source}`], opened[closes], `${title} ${protocol} ${source}`);
    });
  }
}
