// Hosts with one thing broken: the doctor names that one, says what to do, and ends with 1.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { runCli } from '../support/cli.js';
import { hostTest } from '../support/host.js';

const NO_PREFIX = { V6ONLY_NAT64: undefined };

/** Runs the doctor, with something listening behind the "NAT64" of host.sh. */
async function examine(kind, { args = [], prepare = '', ...options } = {}) {
  const source =
    "require('net').createServer((c) => c.end()).on('error', () => {}).listen(4480, '::'); setTimeout(process.exit, 9000)";
  const listener = `node -e "${source}" </dev/null >/dev/null 2>&1 &
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do ss -ltn | grep -q :4480 && break; sleep 0.2; done`;
  const { code, stdout, stderr } = await runCli(
    kind,
    ['doctor', '--json', '--timeout', '700', '--target', '203.0.113.7:4480', ...args],
    { prepare: `${listener}\n${prepare}`, env: NO_PREFIX, ...options },
  );
  const { healthy, findings } = JSON.parse(stdout || `{"findings":[],"error":${JSON.stringify(stderr)}}`);
  const faults = findings.filter(({ status }) => status === 'fault');
  return { code, healthy, findings, faults, find: (id) => findings.find((finding) => finding.id === id) };
}

const named = (t, { code, healthy, faults }, ...ids) => {
  t.deepEqual(
    faults.map(({ id }) => id),
    ids,
    JSON.stringify(faults),
  );
  t.false(healthy);
  t.is(code, 1);
  for (const { advice } of faults) t.true(advice.length > 20);
};

hostTest(test, ['lo4'], 'a network with DNS64 and NAT64: nothing is wrong', async (t, kind) => {
  const { code, healthy, faults, find } = await examine(kind, { dns: 'dns64' });
  t.deepEqual(faults, []);
  t.true(healthy);
  t.is(code, 0);
  t.is(find('dns64').status, 'ok');
  t.regex(find('nat64').detail, /64:ff9b::\/96 leads to 203\.0\.113\.7 port 4480 \(connected\)/);
});

hostTest(test, ['lo4'], 'no prefix: the network has no DNS64 that would name one', async (t, kind) => {
  const result = await examine(kind, { dns: 'plain' });
  named(t, result, 'no-prefix');
  t.is(result.find('no-dns64').status, 'note');
});

hostTest(
  test,
  ['lo4'],
  'the wrong prefix: the policy has one that leads nowhere, the network another',
  async (t, kind) => {
    const prepare = 'ip -6 route add unreachable 2001:db8:bad::/48';
    const result = await examine(kind, { dns: 'dns64', prepare, env: { V6ONLY_NAT64: '2001:db8:bad::/96' } });
    named(t, result, 'wrong-prefix');
    t.regex(result.faults[0].advice, /64:ff9b::\/96/);
  },
);

hostTest(test, ['lo4'], 'the NAT64 is silent', async (t, kind) => {
  const prepare =
    'ip -6 addr del 64:ff9b::cb00:7107/128 dev lo; ip -6 route del local 64:ff9b::/96 dev lo; ip -6 route add 64:ff9b::/96 via 2001:db8:1::1 dev eth0';
  const result = await examine(kind, { dns: 'dns64', prepare });
  named(t, result, 'nat64-down');
});

hostTest(test, ['lo4'], 'the NAT64 is gone: its router says unreachable', async (t, kind) => {
  const prepare =
    'ip -6 addr del 64:ff9b::cb00:7107/128 dev lo; ip -6 route del local 64:ff9b::/96 dev lo; ip -6 route add unreachable 64:ff9b::/96';
  named(t, await examine(kind, { dns: 'dns64', prepare }), 'nat64-down');
});

hostTest(test, ['lo4'], 'the DNS64 is down', async (t, kind) => {
  const prepare = 'f=$(mktemp); echo "nameserver 2001:db8:1::53" > "$f"; mount --bind "$f" /etc/resolv.conf; rm "$f"';
  const result = await examine(kind, { prepare });
  named(t, result, 'dns64-down');
  t.is(result.find('nat64').status, 'skipped');
});

hostTest(test, ['lo4'], 'the only name server is an IPv4 one', async (t, kind) => {
  const prepare = 'f=$(mktemp); echo "nameserver 192.0.2.53" > "$f"; mount --bind "$f" /etc/resolv.conf; rm "$f"';
  named(t, await examine(kind, { prepare }), 'ipv4-only-resolver');
});

hostTest(test, ['lo4'], 'no IPv6 route', async (t, kind) => {
  const result = await examine(kind, { dns: 'dns64', prepare: 'ip -6 route del default' });
  named(t, result, 'no-ipv6-route');
});

hostTest(
  test,
  ['dual'],
  'IPv4 is present: no fault, and the doctor says that v6only stays out of the way',
  async (t, kind) => {
    const { code, faults, find } = await examine(kind, { dns: 'plain' });
    t.deepEqual(faults, []);
    t.is(code, 0);
    t.is(find('ipv4-present').status, 'note');
    t.is(find('no-prefix').status, 'note');
  },
);

hostTest(test, ['lo4'], 'no loopback', async (t, kind) => {
  const result = await examine(kind, {
    dns: 'dns64',
    prepare: 'ip -6 addr add fd00:53::1/128 dev lo nodad; ip -6 addr del ::1/128 dev lo',
  });
  t.true(result.faults.some(({ id }) => id === 'no-loopback'));
  t.is(result.code, 1);
});

hostTest(test, ['v6'], 'without 127.0.0.1 there is a note, and no fault', async (t, kind) => {
  const { faults, find } = await examine(kind, { dns: 'dns64' });
  t.deepEqual(faults, []);
  t.is(find('no-ipv4-loopback').status, 'note');
  t.regex(find('no-ipv4-loopback').advice, /ip -6 addr add \S+\/128 dev lo/);
});

hostTest(test, ['lo4'], 'a faulty policy is a fault, with its line and column', async (t, kind) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'v6only-doctor-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'policy.json');
  writeFileSync(file, '{"mod": 1}');
  const result = await examine(kind, { dns: 'dns64', args: ['--policy', file] });
  named(t, result, 'faulty-policy');
  t.regex(result.faults[0].detail, /:1:2 mod: unknown key/);
});

hostTest(
  test,
  ['v6'],
  'a loopback prefix: its address is looked for, and who can send to it is said',
  async (t, kind) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'v6only-doctor-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'policy.json');
    writeFileSync(file, '{"loopback": "fd00:7f::/96"}');
    const without = await examine(kind, { dns: 'dns64', args: ['--policy', file] });
    named(t, without, 'loopback-prefix-missing');
    const prepare = 'ip -6 addr add fd00:7f::7f00:1/128 dev lo nodad';
    const { faults, find } = await examine(kind, { dns: 'dns64', args: ['--policy', file], prepare });
    t.deepEqual(faults, []);
    t.is(find('loopback-prefix').status, 'note');
    t.regex(find('loopback-prefix').advice, /iif != lo ip6 daddr fd00:7f::\/96 drop/);
  },
);
