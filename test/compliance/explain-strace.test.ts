// explain() against the kernel's own account: for every address and policy, the address family and address that connect(2)
// was given, as strace saw it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { fixture, hasStrace } from '../support/cli.js';
import { hostTest, nodeUnderTest, registerPath, runOnHost } from '../support/host.js';

const ADDRESSES = [
  '0.0.0.0',
  '0.0.0.1',
  '1.1.1.1',
  '8.8.8.8',
  '9.9.9.9',
  '10.0.0.1',
  '10.9.9.10',
  '10.255.255.255',
  '100.63.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.0.0.2',
  '127.255.255.254',
  '128.0.0.1',
  '169.254.1.1',
  '169.254.169.123',
  '169.254.169.253',
  '169.254.169.254',
  '169.254.170.23',
  '172.15.255.255',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.0.8',
  '192.0.0.170',
  '192.0.2.1',
  '192.0.2.33',
  '192.168.0.1',
  '192.168.77.2',
  '192.175.48.1',
  '198.18.0.1',
  '198.51.100.2',
  '198.51.100.10',
  '203.0.113.7',
  '203.0.113.8',
  '223.255.255.255',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.254',
  '255.255.255.255',
];

const POLICIES = {
  'the well-known prefix': { nat64: '64:ff9b::/96' },
  'a network-specific /64, loopback translated': { nat64: '2001:db8:64::/64', loopback: 'translate' },
  'mode always, two prefixes': { mode: 'always', nat64: ['64:ff9b::/96', '2001:db8:64::/96'] },
  presets: { nat64: '64:ff9b::/96', presets: ['aws', 'public-dns'] },
  rules: {
    nat64: '64:ff9b::/96',
    rules: [
      { match: '192.0.2.33', to: '2001:db8:1::33' },
      { match: '192.0.2.0/24', to: 'refuse' },
      { match: '10.0.0.0/8', to: '2001:db8:100::/40' },
      { match: '203.0.113.0-203.0.113.7', port: '1-65535', protocol: 'tcp', to: '2001:db8:1::7' },
      { match: '198.51.100.0/24', to: 'direct' },
      { match: '192.168.0.0/16', to: 'nat64' },
      { match: '203.0.113.8', protocol: 'udp', to: 'refuse' },
    ],
  },
  'a loopback prefix, another pool': { nat64: '2001:db8::/32', loopback: 'fd00:7f::/104', pool: '10.9.0.0/16' },
};

const BASE_PORT = 21_000;

/** port → what connect(2) was given first for it (other ways may follow): `'4 192.0.2.1'` or `'6 2001:db8::1'`. */
function connectsOf(trace: string) {
  const found = new Map();
  for (const line of trace.split('\n')) {
    const six = /sin6_port=htons\((\d+)\).*inet_pton\(AF_INET6, "([^"]+)"/.exec(line);
    const four = /sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)/.exec(line);
    const [, port, address] = six ?? four ?? [];
    if (port !== undefined && !found.has(Number(port))) found.set(Number(port), `${six ? 6 : 4} ${address}`);
  }
  return found;
}

function expectation({ kind, address, to }: { kind: string; address: string; to: string }) {
  if (kind === 'refuse') return undefined;
  return kind === 'direct' ? `4 ${address}` : `6 ${to}`;
}

for (const [name, policy] of Object.entries(POLICIES)) {
  const title = `explain says of ${ADDRESSES.length} addresses what connect(2) is given: ${name}`;
  if (!hasStrace && process.env.CI !== 'true') {
    test.skip(`${title} (left out: no strace)`, () => {});
    continue;
  }
  hostTest(test, ['lo4', 'dual'], title, async (t, kind) => {
    const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-explain-'));
    t.teardown(() => rmSync(scratch, { recursive: true }));
    const policyFile = path.join(scratch, 'policy.json');
    const traceFile = path.join(scratch, 'trace');
    writeFileSync(policyFile, JSON.stringify(policy));
    const { code, stdout, stderr } = await runOnHost(kind, [fixture('explain-and-connect.cjs'), ...ADDRESSES], {
      command: ['strace', '-f', '-qq', '-e', 'trace=connect', '-o', traceFile, nodeUnderTest],
      env: {
        V6ONLY_POLICY: policyFile,
        V6ONLY_NAT64: undefined,
        V6ONLY_REGISTER: registerPath,
        BASE_PORT: `${BASE_PORT}`,
      },
    });
    t.is(code, 0, stderr);
    const said = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.is(said.length, ADDRESSES.length);
    const seen = connectsOf(readFileSync(traceFile, 'utf8'));
    t.true(seen.size > ADDRESSES.length / 2, 'most addresses lead somewhere');
    const differences = [];
    for (const one of said) {
      const kernel = seen.get(one.port);
      if (kernel !== expectation(one)) differences.push({ ...one, kernel });
      if (one.kind === 'refuse') t.is(one.outcome, one.errno, one.address);
    }
    t.deepEqual(differences, []);
  });
}
