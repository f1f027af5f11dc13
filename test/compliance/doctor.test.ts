// Hosts with one thing broken: the doctor names that one, says what to do, and ends with 1.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { cliPath, runCli } from '../support/cli.js';
import { type HostOptions, hostTest, type Kind, nodeUnderTest, runOnHost } from '../support/host.js';
import { onTwoHosts } from '../support/two-hosts.js';

const NO_PREFIX = { V6ONLY_NAT64: undefined };

/** Runs the doctor, with something listening behind the "NAT64" of host.sh. */
async function examine(
  kind: Kind,
  { args = [], prepare = '', ...options }: HostOptions & { args?: string[]; prepare?: string } = {},
) {
  const source =
    "require('net').createServer((c) => c.end()).on('error', () => {}).listen(4480, '::'); setTimeout(process.exit, 9000)";
  const listener = `node -e "${source}" </dev/null >/dev/null 2>&1 &
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do ss -ltn | grep -q :4480 && break; sleep 0.2; done`;
  const { code, stdout, stderr } = await runCli(
    kind,
    ['doctor', '--json', '--timeout', '700', '--target', '203.0.113.7:4480', ...args],
    { prepare: `${listener}\n${prepare}`, env: NO_PREFIX, ...options },
  );
  const { healthy, findings }: { healthy: boolean; findings: Finding[] } = JSON.parse(
    stdout || `{"findings":[],"error":${JSON.stringify(stderr)}}`,
  );
  const faults = findings.filter(({ status }) => status === 'fault');
  return {
    code,
    healthy,
    findings,
    faults,
    find: (id: string) => findings.find((finding) => finding.id === id) as Finding,
  };
}

const named = (
  t: ExecutionContext,
  { code, healthy, faults }: Awaited<ReturnType<typeof examine>>,
  ...ids: string[]
) => {
  t.deepEqual(
    faults.map(({ id }) => id),
    ids,
    JSON.stringify(faults),
  );
  t.false(healthy);
  t.is(code, 1);
  for (const { advice } of faults) t.true(String(advice).length > 20);
};

hostTest(test, ['lo4'], 'a network with DNS64 and NAT64: nothing is wrong', async (t, kind) => {
  const { code, healthy, faults, find } = await examine(kind, { dns: 'dns64' });
  t.deepEqual(faults, []);
  t.true(healthy);
  t.is(code, 0);
  t.is(find('dns64').status, 'ok');
  t.regex(find('nat64').detail, /64:ff9b::\/96 reaches 203\.0\.113\.7 port 4480 \(connected\)/);
});

hostTest(test, ['lo4'], 'no prefix is announced: the assumed one is tried', async (t, kind) => {
  const works = await examine(kind, { dns: 'plain' });
  t.deepEqual([works.faults, works.code], [[], 0]);
  t.regex(
    works.find('assumed-prefix').detail,
    /announces no prefix.*the assumed 64:ff9b::\/96 reaches 203\.0\.113\.7 port 4480/,
  );
  t.regex(works.find('assumed-prefix').detail, /V6ONLY_NAT64=64:ff9b::\/96 saves the search/);
  t.is(works.find('no-dns64').status, 'note');
  const prepare = `ip -6 addr del 64:ff9b::cb00:7107/128 dev lo; ip -6 route del local 64:ff9b::/96 dev lo
ip -6 route add unreachable 64:ff9b::/96`;
  const fails = await examine(kind, { dns: 'plain', prepare });
  named(t, fails, 'no-prefix');
  t.regex(fails.find('no-prefix').detail, /the assumed 64:ff9b::\/96 reaches no IPv4 host \(no route, EHOSTUNREACH\)/);
});

hostTest(
  test,
  ['lo4'],
  'the wrong prefix: the policy has one that leads nowhere, the network another',
  async (t, kind) => {
    const prepare = 'ip -6 route add unreachable 2001:db8:bad::/48';
    const result = await examine(kind, { dns: 'dns64', prepare, env: { V6ONLY_NAT64: '2001:db8:bad::/96' } });
    named(t, result, 'wrong-prefix');
    t.regex(result.faults[0].advice as string, /64:ff9b::\/96/);
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
  // A program then assumes the well-known prefix.
  t.regex(
    result.find('assumed-prefix').detail,
    /^no name server says .* 64:ff9b::\/96 reaches 203\.0\.113\.7 port 4480/,
  );
  const gone = `${prepare}
ip -6 addr del 64:ff9b::cb00:7107/128 dev lo; ip -6 route del local 64:ff9b::/96 dev lo; ip -6 route add unreachable 64:ff9b::/96`;
  t.is((await examine(kind, { prepare: gone })).find('nat64').status, 'skipped');
});

hostTest(test, ['lo4'], 'the only name server is an IPv4 one', async (t, kind) => {
  const prepare = 'f=$(mktemp); echo "nameserver 192.0.2.53" > "$f"; mount --bind "$f" /etc/resolv.conf; rm "$f"';
  named(t, await examine(kind, { prepare }), 'ipv4-only-resolver');
  // The prefix that is set already must not carry this address.
  const isPrivate = { prepare: prepare.replace('192.0.2.53', '10.0.0.53'), env: { V6ONLY_NAT64: '64:ff9b::/96' } };
  t.regex(String((await examine(kind, isPrivate)).find('ipv4-only-resolver').advice), /leads \(64:ff9b::\/96\)$/);
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

const SERVERS: readonly [kind: Kind, server: string][] = [
  ['docker', '172.17.0.2'],
  ['vpn', '10.8.0.1'],
  ['lo4', '192.0.2.80'],
];
for (const [kind, server] of SERVERS) {
  hostTest(test, [kind], `an IPv4 name server at ${server} resolves names: no fault`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'v6only-doctor-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    writeFileSync(path.join(folder, 'resolv.conf'), `nameserver ${server}\n`);
    const env = { ...NO_PREFIX, HOST_RESOLV: path.join(folder, 'resolv.conf') };
    const { code, stdout } = await runCli(kind, ['doctor', '--timeout', '900'], { second: true, env });
    t.is(code, 0, stdout);
    t.regex(stdout, new RegExp(`${server} answers`));
  });
}

hostTest(
  test,
  ['lo4'],
  '--target: what the hook does with it, and no NAT64 gets what it must not carry',
  async (t, kind) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'v6only-doctor-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'policy.json');
    const rules = [
      { match: '192.0.2.80', to: 'refuse' },
      { match: '192.0.2.81', to: '::1' },
      { match: '192.0.2.82', to: '2001:db8:64::/96' },
    ];
    writeFileSync(file, JSON.stringify({ rules, nat64: '64:ff9b::/96' }));
    const targets: [target: string, id: string, detail: RegExp][] = [
      ['10.0.0.1:4480', 'target-refused', /gets ENETUNREACH: 10\.0\.0\.1 \(private use, RFC 1918\)/],
      ['169.254.169.254:4480', 'target-refused', /gets ENETUNREACH: 169\.254\.169\.254/],
      ['192.0.2.80:4480', 'target-refused', /gets EACCES: .*rules\[0\]/],
      ['192.0.2.81:4480', 'target', /becomes ::1: rules\[1\] .*\(connected\)/],
      ['192.0.2.82:4480', 'target-unreachable', /becomes 2001:db8:64::c000:252: rules\[2\]/],
      ['127.0.0.1:4480', 'target', /stays on IPv4: .*\(connected\)/],
      ['224.0.0.1:4480', 'target-unreachable', /\(ENETUNREACH\)/],
      ['203.0.113.7:4480', 'target', /becomes 64:ff9b::cb00:7107: embedded in 64:ff9b::\/96/],
    ];
    await Promise.all(
      targets.map(async ([target, id, detail]) => {
        const args = ['--policy', file, '--target', target];
        const { code, findings, find } = await examine(kind, { dns: 'dns64', args });
        const of = (title: string) => findings.filter((one) => one.title === title).map((one) => one.detail);
        t.is(find(id)?.title, 'Target', JSON.stringify(findings));
        t.regex(find(id).detail, detail);
        const isCarried = target === '203.0.113.7:4480';
        t.is(of('NAT64').join().includes(target.replace(':', ' port ')), isCarried);
        t.is(of('Large packets').length > 0, isCarried);
        if (id !== 'target') t.is(code, 1);
      }),
    );
  },
);

hostTest(test, ['lo4'], 'no loopback', async (t, kind) => {
  const result = await examine(kind, {
    dns: 'dns64',
    prepare: 'ip -6 addr add fd00:53::1/128 dev lo nodad; ip -6 addr del ::1/128 dev lo',
  });
  t.true(result.faults.some(({ id }: { id: string }) => id === 'no-loopback'));
  t.is(result.code, 1);
});

hostTest(test, ['v6'], 'without 127.0.0.1 there is a note, and no fault', async (t, kind) => {
  const { faults, find } = await examine(kind, { dns: 'dns64' });
  t.deepEqual(faults, []);
  t.is(find('no-ipv4-loopback').status, 'note');
  t.regex(find('no-ipv4-loopback').advice as string, /ip -6 addr add \S+\/128 dev lo/);
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

/** A small web server on [::]:4480, as shell. It answers whole requests alone. */
const WEB_SERVER = `node -e "require('net').createServer((c) => c.on('error', () => {}).on('data', (d) => String(d).endsWith('\\r\\n\\r\\n') && c.end('ok'))).listen(4480, '::'); setTimeout(process.exit, 40000)" </dev/null >/dev/null 2>&1 &
until ss -ltn | grep -q :4480; do sleep 0.1; done`;

hostTest(test, ['lo4'], 'large packets get through the NAT64', async (t, kind) => {
  const args = ['doctor', '--json', '--timeout', '2000', '--target', '203.0.113.7:4480'];
  const { stdout } = await runCli(kind, args, { dns: 'dns64', prepare: WEB_SERVER, env: NO_PREFIX });
  const finding = JSON.parse(stdout).findings.find(({ title }: { title: string }) => title === 'Large packets');
  t.is(finding.id, 'transfer');
  t.is(finding.status, 'ok');
});

hostTest(test, ['dual'], 'an IPv4 route that leads nowhere while the NAT64 does', async (t, kind) => {
  const prepare = `${WEB_SERVER}
ip -6 route add local 64:ff9b::/96 dev lo
ip neigh replace 198.51.100.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent`;
  const args = ['doctor', '--json', '--timeout', '900', '--target', '203.0.113.9:4480'];
  const { code, stdout } = await runCli(kind, args, { dns: 'dns64', prepare, env: NO_PREFIX });
  const faults = JSON.parse(stdout).findings.filter(({ status }: { status: string }) => status === 'fault');
  t.deepEqual(
    faults.map(({ id }: { id: string }) => id),
    ['ipv4-dead'],
  );
  t.is(code, 1);
});

hostTest(test, ['container'], 'a network that denies IPv4 is no fault: the NAT64 is used', async (t, kind) => {
  const args = ['doctor', '--json', '--timeout', '900', '--target', '203.0.113.9:4480'];
  const { code, stdout, stderr } = await runCli(kind, args, { dns: 'dns64', prepare: WEB_SERVER, env: NO_PREFIX });
  const { findings } = JSON.parse(stdout) as { findings: { id: string; status: string }[] };
  const ids = findings.filter(({ status }) => status !== 'ok').map(({ id }) => id);
  t.true(ids.includes('ipv4-denied'), stdout);
  t.deepEqual(
    findings.filter(({ status }) => status === 'fault'),
    [],
  );
  t.is(code, 0, stderr);
});

// By its path: a package of this name brings a command, too.
const hasNft = existsSync('/usr/sbin/nft');
(hasNft ? hostTest : () => {})(test, ['lo4'], 'a firewall of this host that forbids IPv6', async (t, kind) => {
  const prepare = `/usr/sbin/nft 'add table ip6 f; add chain ip6 f o { type filter hook output priority 0; }; add rule ip6 f o oifname != lo drop'`;
  const result = await examine(kind, { dns: 'dns64', prepare });
  named(t, result, 'ipv6-forbidden');
});

hostTest(test, ['lo4'], '--watch prints what has changed', async (t, kind) => {
  const script = `${WEB_SERVER}
out=$(mktemp)
"$@" >"$out" & doctor=$!
until grep -q 'No faults found' "$out"; do sleep 0.1; done
ip -6 addr del 64:ff9b::cb00:7107/128 dev lo; ip -6 route del local 64:ff9b::/96 dev lo; ip -6 route add unreachable 64:ff9b::/96
until grep -q 'reaches no IPv4 host' "$out"; do sleep 0.1; done
kill $doctor
cat "$out"`;
  const args = ['doctor', '--watch', '--every', '100', '--timeout', '900', '--target', '203.0.113.7:4480'];
  const command = ['sh', '-c', script, 'sh', nodeUnderTest];
  const options = { hook: false, dns: 'dns64', env: NO_PREFIX, command, timeoutMs: 60_000 } as const;
  const { stdout } = await runOnHost(kind, [cliPath, ...args], options);
  const [, after] = stdout.split('No faults found.\n');
  const lines = after.split('\n').filter((line) => /^\d/.test(line));
  t.regex(lines[0], /^\d\d:\d\d:\d\d {2}FAULT {2}NAT64 {2}64:ff9b::\/96 reaches no IPv4 host/);
  t.false(after.includes('Policy'), 'what is as it was is not repeated');
});

(hasNft ? hostTest : () => {})(
  test,
  ['v6'],
  'a path that drops large packets silently is named with the route command that mends it',
  async (t, kind) => {
    t.timeout(60_000);
    const b = `
      const { execSync } = require('node:child_process');
      execSync('ip -6 route add local 64:ff9b::/96 dev lo');
      execSync("/usr/sbin/nft 'add table ip6 f; add chain ip6 f i { type filter hook input priority 0; }; add rule ip6 f i iifname eth0 meta length > 1280 drop'");
      const server = net.createServer((c) => {
        let request = '';
        c.on('error', () => {}).on('data', (d) => { request += d; if (request.endsWith('\\r\\n\\r\\n')) c.end('ok'); });
      });
      server.listen(4480, '::', () => say('ready'));`;
    const a = `
      const { execSync, spawnSync } = require('node:child_process');
      // One packet for each segment: otherwise the other side sees what the network card would have cut.
      execSync('ip link set eth0 gso_max_segs 1; ip -6 route add default via 2001:db8:1::2');
      const { NODE_OPTIONS, ...env } = process.env;
      const args = [${JSON.stringify(cliPath)}, 'doctor', '--json', '--timeout', '1500', '--target', '203.0.113.9:4480'];
      const look = () => JSON.parse(spawnSync(process.execPath, args, { env }).stdout).findings.find(({ title }) => title === 'Large packets');
      const before = look();
      const command = before.advice.slice(before.advice.indexOf('ip -6 route'));
      execSync(command);
      say(JSON.stringify([before.id, command, look().id]));`;
    const { stdout, stderr } = await onTwoHosts(kind, { a, b }, { hookB: false });
    t.is(stderr, '');
    const command = 'ip -6 route replace 64:ff9b::/96 via 2001:db8:1::2 dev eth0 mtu 1280';
    t.deepEqual(JSON.parse(stdout), ['path-mtu', command, 'transfer']);
  },
);

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
    // It would say that all of 127.0.0.0/8 becomes ::1.
    t.falsy(find('no-ipv4-loopback'));
    for (const end of ['daddr', 'saddr'])
      t.regex(find('loopback-prefix').advice as string, new RegExp(`iif != lo ip6 ${end} fd00:7f::/96 drop`));
  },
);
