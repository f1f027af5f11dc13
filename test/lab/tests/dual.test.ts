// On a dual-stack host the hook is as if not there: the same programs, with and without it, see the same.
import test, { type ExecutionContext } from 'ava';
import { CLIENTS } from '../clients.js';
import { command, echoBy, runProgram, startServer } from '../hosts.js';
import type { Results } from '../results.js';
import { FATES4, HOSTS } from '../settings.js';
import { entriesOf } from '../tables.js';

const HOST = 'dual';
const TARGETS = [
  '1.2.3.4',
  '10.9.9.10',
  'v4.example.org',
  'dual.example.org',
  'alias2.example.org',
  'nothere.example.org',
];

/** What the program sees with the hook is what it sees without, which is returned. */
async function same<P extends keyof Results>(
  t: ExecutionContext,
  program: P,
  args: readonly string[],
  comparable: (result: Results[P]) => unknown = (result) => result,
): Promise<Results[P]> {
  const [without, withHook] = await Promise.all([
    runProgram(HOST, program, args, { hook: false }),
    runProgram(HOST, program, args),
  ]);
  t.deepEqual(comparable(withHook), comparable(without));
  return without;
}

for (const [client, call] of entriesOf(CLIENTS)) {
  test.serial(`${client} sees the same with the hook as without`, async (t) => {
    for (const target of TARGETS) await same(t, ...call(target));
    const { seen } = await same(t, ...call('1.2.3.4'));
    t.is(seen?.client, HOSTS.dual.v4, 'over IPv4, not through the NAT64');
  });
}

test.serial('the same family preference for a dual-stack name, whatever family is asked for', async (t) => {
  for (const family of [0, 4, 6]) {
    await same(t, 'net-client.cjs', ['dual.example.org', '7', JSON.stringify({ family })]);
  }
});

test.serial('the same errors', async (t) => {
  for (const [address, port] of [
    ['1.2.3.4', '9'],
    [FATES4.noroute, '80'],
    [FATES4.unreachable, '80'],
  ] as const) {
    t.truthy((await same(t, 'net-client.cjs', [address, port])).error);
  }
  t.truthy((await same(t, 'udp-error.cjs', ['1.2.3.4', '9'])).error);
  await same(t, 'udp-error.cjs', [FATES4.noroute, '9']);
});

test.serial('the same interfaces, name servers, look-ups, listeners and binds', async (t) => {
  // A name with AAAA records alone is asked for as IPv4: natively that could only fail.
  await same(t, 'report.cjs', [], ({ lookups, ...rest }) => {
    const { 'v6.example.org {"family":4}': aaaaOnly, ...others } = lookups;
    return { ...rest, lookups: others };
  });
});

for (const hook of [false, true]) {
  test.serial(
    `a server on 0.0.0.0 ${hook ? 'with the hook' : 'without the hook (control)'} serves IPv4 and not IPv6`,
    async (t) => {
      const server = await startServer(HOST, ['0.0.0.0', '8300'], { hook });
      const peer = { remoteAddress: '1.2.3.4', remoteFamily: 'IPv4' };
      try {
        t.deepEqual(server.listening, Array(3).fill({ address: '0.0.0.0', family: 'IPv4' }));
        const seen = command(
          'inet4',
          'curl',
          '-sS',
          '-m',
          '10',
          '--interface',
          '1.2.3.4',
          `http://${HOSTS.dual.v4}:8301/`,
        );
        t.deepEqual(JSON.parse(seen), peer);
        t.deepEqual(await server.next(), { protocol: 'http', ...peer });
        t.is(echoBy('inet4', 'udp', HOSTS.dual.v4, 8302), 'hello-echo');
        t.like(await server.next(), { protocol: 'udp', remoteFamily: 'IPv4' });
        t.throws(() => command('inet6', 'curl', '-sS', '-m', '10', `http://[${HOSTS.dual.v6}]:8301/`), {
          message: /Couldn't connect/,
        });
      } finally {
        await server.stop();
      }
    },
  );
}
