// Name servers given as IPv4 addresses, on a network that changes: each query goes where they are then.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { evalOnHost, hostTest, type Kind, nodeUnderTest } from '../support/host.js';
import { inRepository } from '../support/paths.js';

const support = JSON.stringify(inRepository('test/support/changing-network.cjs'));
const A = '2001:db8:a64::/96';
const B = '2001:db8:b64::/96';
const SERVER = '198.51.100.53';

const folder = mkdtempSync(path.join(tmpdir(), 'v6only-servers-'));
const resolvConf = (name: string, server: string) => {
  writeFileSync(path.join(folder, name), `nameserver ${server}\noptions timeout:1 attempts:1\n`);
  return path.join(folder, name);
};
const DNS64 = resolvConf('dns64', '::1');
const IPV4 = resolvConf('ipv4', SERVER);
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `body` where the name server SERVER is behind the NAT64 of `A`; what it passes to `say` is the result. */
async function onHost(
  t: ExecutionContext,
  kind: Kind,
  body: string,
  { resolv = DNS64, env = {}, prepare = 'true' } = {},
) {
  t.timeout(120_000);
  const source = `
    const dns = require('node:dns');
    const { execSync } = require('node:child_process');
    const { nameServer, nat64, connect, until, sleep, prefixes } = require(${support});
    const [A, B, SERVER] = ${JSON.stringify([A, B, SERVER])};
    const records = { 'v4.example.org': { A: ['203.0.113.4'] }, 'both.example.org': { A: ['203.0.113.4'], AAAA: ['2001:db8::4'] },
      'v6.example.org': { AAAA: ['2001:db8:6::6'] } };
    const zone = { records };
    const said = [];
    const say = (...values) => said.push(...values);
    process.on('exit', () => console.log(JSON.stringify(said)));
    const ask = (resolver = dns.promises, name = 'v4.example.org', method = 'resolve4') =>
      resolver[method](name).then(String, (error) => error.code);
    const promised = (options) => new dns.promises.Resolver(options);
    (async () => {
      nat64(A, 'works');
      nat64(B, 'works');
      nat64('64:ff9b::/96', 'silent');
      ${body}
      process.exit();
    })();`;
  const { stdout, stderr } = await evalOnHost(kind, source, {
    env: { V6ONLY_NAT64: undefined, HOST_RESOLV: resolv, ...env },
    timeoutMs: 100_000,
    command: ['sh', '-c', `${prepare}; exec "$0" "$@"`, nodeUnderTest],
  });
  t.is(stderr, '');
  return JSON.parse(stdout.trim().split('\n').at(-1) as string);
}
const behind = (prefix: string) => `${prefix}.replace('/96', SERVER)`;

hostTest(test, ['v6', 'lo4'], 'dns.setServers with an IPv4 address as the first line of a program', async (t, kind) => {
  const said = await onHost(
    t,
    kind,
    `dns.setServers([SERVER]);
     const resolver = promised({ timeout: 500, tries: 1 });
     resolver.setServers([SERVER]);
     await nameServer({ prefix: A });
     await nameServer(zone, ${behind('A')});
     say(await ask(), await ask(resolver), dns.getServers(), resolver.getServers());`,
  );
  t.deepEqual(said, ['203.0.113.4', '203.0.113.4', [SERVER], [SERVER]]);
});

hostTest(
  test,
  ['v6', 'lo4'],
  'a resolv.conf that names an IPv4 server alone, and resolve4 as the first call',
  async (t, kind) => {
    const said = await onHost(
      t,
      kind,
      `await nameServer(zone, ${behind('A')});
     say(await ask(), await ask(promised()), await ask(dns.promises, 'v4.example.org', 'resolve6'), dns.getServers());`,
      { resolv: IPV4, env: { V6ONLY_NAT64: A } },
    );
    t.deepEqual(said, ['203.0.113.4', '203.0.113.4', '2001:db8:a64::cb00:7104', [SERVER]]);
  },
);

hostTest(test, ['v6'], 'the NAT64 is replaced by another: the same resolver follows', async (t, kind) => {
  const [before, seen, after, servers, known] = await onHost(
    t,
    kind,
    `const network = { prefix: A };
     await nameServer(network);
     await nameServer(zone, ${behind('A')});
     await nameServer(zone, ${behind('B')});
     const resolver = promised({ timeout: 300, tries: 1 });
     resolver.setServers([SERVER]);
     say(await ask(resolver));
     network.prefix = B;
     nat64(A, 'silent');
     await sleep(1100); // what was decided holds for a second
     say(await until('203.0.113.4', () => ask(resolver)), await ask(resolver), resolver.getServers(), prefixes());`,
  );
  t.deepEqual([before, after, servers], ['203.0.113.4', '203.0.113.4', [SERVER]]);
  t.is(seen.at(-1), '203.0.113.4');
  t.true(seen.length > 1);
  t.is(known, `${B} (discovery)`);
});

hostTest(test, ['dual'], 'a host that loses its IPv4, and gets it back', async (t, kind) => {
  const said = await onHost(
    t,
    kind,
    `const overIPv4 = { records: { 'v4.example.org': { A: ['192.0.2.4'] } } };
     execSync('ip addr add 198.51.100.53/32 dev lo');
     await nameServer(overIPv4, SERVER);
     await nameServer(zone, ${behind('A')});
     dns.setServers([SERVER]);
     say(await ask());
     execSync('ip addr del 198.51.100.53/32 dev lo && ip route del default && ip addr del 198.51.100.2/24 dev eth0');
     say(await until('203.0.113.4', () => ask()));
     execSync('ip addr add 198.51.100.53/32 dev lo');
     say(await until('192.0.2.4', () => ask()));`,
    { env: { V6ONLY_NAT64: A } },
  );
  t.is(said[0], '192.0.2.4');
  t.is(said[1].at(-1), '203.0.113.4');
  t.is(said[2].at(-1), '192.0.2.4');
});

hostTest(
  test,
  ['v6'],
  'cancel, time-outs and setServers while a query is under way are as natively',
  async (t, kind) => {
    const said = await onHost(
      t,
      kind,
      `const silent = { silent: true };
     await nameServer(silent, ${behind('A')});
     const resolver = promised({ timeout: 300, tries: 1 });
     resolver.setServers([SERVER]);
     resolver.setLocalAddress('0.0.0.0', '2001:db8:2::9');
     const asked = ask(resolver);
     try { resolver.setServers(['2001:db8::53']); } catch (error) { say(error.code, error.message.slice(0, 58)); }
     resolver.cancel();
     say(await asked, resolver.getServers());
     silent.questions.length = 0;
     say(await ask(resolver), silent.questions.length);
     resolver.setServers(['2001:db8::53']);
     say(resolver.getServers());`,
      { env: { V6ONLY_NAT64: A } },
    );
    t.deepEqual(said, [
      'ERR_DNS_SET_SERVERS_FAILED',
      'c-ares failed to set servers: "There are pending queries."',
      'ECANCELLED',
      [SERVER],
      'ETIMEOUT',
      1,
      ['2001:db8::53'],
    ]);
  },
);

hostTest(test, ['v6'], 'a query that waits for the prefix can be cancelled', async (t, kind) => {
  const said = await onHost(
    t,
    kind,
    `await nameServer({ silent: true });
     const resolver = promised();
     resolver.setServers([SERVER]);
     const asked = ask(resolver);
     setImmediate(() => resolver.cancel());
     say(await asked);
     const storage = new (require('node:async_hooks').AsyncLocalStorage)();
     const other = new dns.Resolver();
     other.setServers([SERVER]);
     const answered = new Promise((resolve) =>
       storage.run('of the query', () => other.resolve4('v4.example.org', ({ code }) => resolve([code, storage.getStore()]))));
     storage.run('of cancel', () => setImmediate(() => other.cancel()));
     say(...(await answered), prefixes());`,
  );
  t.deepEqual(said, ['ECANCELLED', 'ECANCELLED', 'of the query', ' (unknown)']);
});

hostTest(test, ['v6'], 'a program that asks for both families causes one query for each', async (t, kind) => {
  const said = await onHost(
    t,
    kind,
    `await nameServer(zone);
     const both = (name) => Promise.all([ask(dns.promises, name), ask(dns.promises, name, 'resolve6')]);
     for (const name of ['v4.example.org', 'both.example.org', 'v6.example.org']) {
       zone.questions.length = 0;
       const [four, six] = await both(name);
       say(/^198[.]1[89][.]/.test(four) ? 'pool' : four, six, [...zone.questions].sort());
     }`,
    { env: { V6ONLY_NAT64: A } },
  );
  const questions = (name: string) => [`${name} A`, `${name} AAAA`];
  t.deepEqual(said, [
    ...['203.0.113.4', '2001:db8:a64::cb00:7104', questions('v4.example.org')],
    ...['203.0.113.4', '2001:db8::4', questions('both.example.org')],
    ...[said[6], '2001:db8:6::6', questions('v6.example.org')],
  ]);
  t.is(said[6], 'pool');
});

hostTest(test, ['dual'], 'where IPv4 serves the host, answers are as natively', async (t, kind) => {
  const said = await onHost(
    t,
    kind,
    `await nameServer(zone);
     say(await ask(dns.promises, 'v6.example.org'), await ask(dns.promises, 'v4.example.org', 'resolve6'), zone.questions);`,
    { env: { V6ONLY_NAT64: A } },
  );
  t.deepEqual(said, ['ENODATA', 'ENODATA', ['v6.example.org A', 'v4.example.org AAAA']]);
});

hostTest(test, ['container'], 'a name server whose IPv4 route the network denies', async (t, kind) => {
  const said = await onHost(
    t,
    kind,
    `await nameServer(zone, ${behind('B')});
     await new Promise((resolve) => require('node:net').createServer((c) => c.destroy()).listen(53, '::', resolve).unref());
     const resolver = promised({ timeout: 20_000, tries: 1 });
     resolver.setServers([SERVER]);
     say(await ask(resolver), await ask(resolver));`,
    { env: { V6ONLY_NAT64: B } },
  );
  t.deepEqual(said, ['203.0.113.4', '203.0.113.4']);
});
