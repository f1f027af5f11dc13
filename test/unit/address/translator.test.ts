import test from 'ava';
import type { Decision } from '../../../src/address/decision.js';
import type { Destination, Protocol, RuleTarget } from '../../../src/address/destination.js';
import type { InterfaceAddress } from '../../../src/address/host-addresses.js';
import type { Kernel } from '../../../src/address/kernel.js';
import { LoopbackPrefix } from '../../../src/address/loopback-prefix.js';
import { Pool } from '../../../src/address/pool.js';
import { Pref64 } from '../../../src/address/pref64.js';
import { Translator } from '../../../src/address/translator.js';
import type { TranslatorPolicy } from '../../../src/address/translator-policy.js';

/** A host by what its kernel would say: `routes` and `own` are IPv4 addresses. */
const host = ({
  routes = [],
  own = [],
  interfaces = [],
  neighbours,
}: {
  routes?: string[];
  own?: string[];
  interfaces?: InterfaceAddress[];
  neighbours?: boolean;
} = {}): Kernel => ({
  hasRoute: (ipv4: string) => routes.includes('*') || routes.includes(ipv4) || own.includes(ipv4),
  hasGeneralRoute: () => routes.includes('*'),
  hasAddress: (ipv4: string) => own.includes(ipv4),
  hasIPv4Sockets: () => own.length > 0,
  hasIPv4Neighbours: () => neighbours ?? own.some((ipv4) => !/^(127|169\.254|192\.0\.0)\./.test(ipv4)),
  interfaces: () => interfaces,
  isIPv6Neighbour: () => false,
  hasIPv6Address: (ipv6: string) => interfaces.some(({ address }) => address === ipv6),
  isLocalByRoute: (ipv6: string) => ipv6.startsWith('fd00:7f::7f00:2'),
  generalSource: () => undefined,
  ipv4Interfaces: () =>
    own.map((address) => ({ interfaceName: 'eth0', address, internal: false, cidr: `${address}/24` })),
  routedNetworks: () => [],
  hasOwnRoute: () => false,
  routeSource: () => undefined,
  isThroughClat: () => false,
  forgetRoutes: () => {},
});
const eth0 = { interfaceName: 'eth0', address: '2001:db8:1::2', internal: false };
const V6ONLY = host({ interfaces: [eth0] });
const WITH_LO4 = host({ own: ['127.0.0.1'], interfaces: [eth0] });
const DUAL = host({ routes: ['*'], own: ['127.0.0.1', '198.51.100.2'], interfaces: [eth0] });
const WELL_KNOWN = ['64:ff9b::/96'];

const newPool = () => new Pool({ network: '198.18.0.0/15', privateNetwork: () => '10.170.160.0/20' });
const NO_RULES: Omit<TranslatorPolicy, 'mode' | 'loopback'> = {
  listen: 'auto',
  matchRule: undefined,
  multicast: new Map(),
  rulePrefixes: [],
  twins: new Map(),
};

interface Settings extends Partial<TranslatorPolicy> {
  on?: Kernel;
  prefixes?: string[] | 'unknown';
  pool?: Pool;
  now?: () => number;
}

function translator({ on = V6ONLY, prefixes = WELL_KNOWN, pool = newPool(), now, ...policy }: Settings = {}) {
  const rules: TranslatorPolicy = { mode: 'auto', loopback: 'auto', ...NO_RULES, ...policy };
  const parsed = prefixes === 'unknown' ? undefined : prefixes.map((text) => Pref64.parse(text));
  return new Translator(rules, on, () => parsed, pool, now ?? (() => 0));
}

const rule = (target: RuleTarget): Settings => ({ matchRule: () => ({ target, name: 'rules[0]' }) });

/** What a decision comes to: an address, or an error. */
const resultOf = (decision: Decision) =>
  'address' in decision ? decision.address : 'errno' in decision ? decision.errno : undefined;

// [what, settings, destination, kind, address or errno]: design order, the first step that applies.
const DESTINATIONS: [
  what: string,
  settings: Settings,
  destination: string,
  kind: Decision['kind'],
  result: string | undefined,
][] = [
  ['an ordinary address', {}, '192.31.196.10', 'translate', '64:ff9b::c01f:c40a'],
  ['a documentation address', {}, '203.0.113.5', 'translate', '64:ff9b::cb00:7105'],
  ['a future address', {}, '240.0.0.1', 'translate', '64:ff9b::f000:1'],
  ['an ordinary address, dual stack', { on: DUAL }, '203.0.113.5', 'direct', '::ffff:203.0.113.5'],
  [
    'an ordinary address, dual stack, always',
    { on: DUAL, mode: 'always' },
    '203.0.113.5',
    'translate',
    '64:ff9b::cb00:7105',
  ],
  ['the loopback where lo has none', {}, '127.0.0.1', 'translate', '::1'],
  ['the loopback where lo has it', { on: WITH_LO4 }, '127.0.0.1', 'direct', '::ffff:127.0.0.1'],
  ['the loopback, always', { on: WITH_LO4, mode: 'always' }, '127.0.0.1', 'translate', '::1'],
  ['the loopback, direct by policy', { loopback: 'direct' }, '127.0.0.1', 'direct', '::ffff:127.0.0.1'],
  ['the loopback, translated by policy', { on: WITH_LO4, loopback: 'translate' }, '127.0.0.1', 'translate', '::1'],
  [
    '127.0.0.2 with a loopback prefix',
    { loopback: LoopbackPrefix.parse('fd00:127::/96') },
    '127.0.0.2',
    'translate',
    'fd00:127::7f00:2',
  ],
  ['0.0.0.0, which the kernel reads as the loopback', {}, '0.0.0.0', 'translate', '::1'],
  ['a host address of RFC 7335 that the program was not shown', {}, '192.0.0.1', 'refuse', 'ENETUNREACH'],
  ['another address of 192.0.0.0/24', {}, '192.0.0.9', 'refuse', 'ENETUNREACH'],
  ['link-local', {}, '169.254.169.254', 'refuse', 'ENETUNREACH'],
  [
    'link-local under a network-specific prefix',
    { prefixes: ['2001:db8:64::/96'] },
    '169.254.169.254',
    'refuse',
    'ENETUNREACH',
  ],
  ['0/8', {}, '0.1.2.3', 'refuse', 'ENETUNREACH'],
  ['RFC 6052 §3.1: 10/8 under the well-known prefix', {}, '10.0.0.1', 'refuse', 'ENETUNREACH'],
  ['RFC 6052 §3.1: 172.16/12 under the well-known prefix', {}, '172.31.255.255', 'refuse', 'ENETUNREACH'],
  ['RFC 6052 §3.1: 192.168/16 under the well-known prefix', {}, '192.168.1.1', 'refuse', 'ENETUNREACH'],
  ['RFC 6052 §3.1: 100.64/10 under the well-known prefix', {}, '100.64.0.1', 'refuse', 'ENETUNREACH'],
  [
    'RFC 6052 §3.1: private under a network-specific prefix',
    { prefixes: ['2001:db8:64::/96'] },
    '10.0.0.1',
    'translate',
    '2001:db8:64::a00:1',
  ],
  [
    'RFC 8215: private under 64:ff9b:1::/48',
    { prefixes: ['64:ff9b:1::/48'] },
    '10.0.0.1',
    'translate',
    '64:ff9b:1:a00:0:100::',
  ],
  [
    'private with two prefixes: the first that may carry it',
    { prefixes: ['64:ff9b::/96', '2001:db8:64::/96'] },
    '10.0.0.1',
    'translate',
    '2001:db8:64::a00:1',
  ],
  ['private that the kernel routes', { on: host({ routes: ['10.0.0.1'] }) }, '10.0.0.1', 'direct', '::ffff:10.0.0.1'],
  ['no prefix', { prefixes: [] }, '203.0.113.5', 'refuse', 'ENETUNREACH'],
  ['no prefix yet', { prefixes: 'unknown' }, '203.0.113.5', 'wait', undefined],
  ['a group', {}, '224.0.0.251', 'translate', 'ff02::fb'],
  ['a group, dual stack', { on: DUAL }, '224.0.0.251', 'direct', '::ffff:224.0.0.251'],
  [
    'a group named by the policy',
    { multicast: new Map([['224.0.0.251', 'ff05::fb']]) },
    '224.0.0.251',
    'translate',
    'ff05::fb',
  ],
  ['broadcast', {}, '255.255.255.255', 'translate', 'ff02::1'],
  ['RFC 6535 §2.1: a pool address without an entry', {}, '198.18.0.9', 'refuse', 'ENETUNREACH'],
  [
    'a rule to an address',
    rule({ kind: 'address', address: 'fd00:ec2::254' }),
    '169.254.169.254',
    'translate',
    'fd00:ec2::254',
  ],
  [
    'a rule to a prefix',
    rule({ kind: 'prefix', prefix: Pref64.parse('2001:db8::/32') }),
    '10.1.2.3',
    'translate',
    '2001:db8:a01:203::',
  ],
  ['a rule: direct', rule({ kind: 'direct' }), '203.0.113.5', 'direct', '::ffff:203.0.113.5'],
  ['a rule: refuse', rule({ kind: 'refuse' }), '203.0.113.5', 'refuse', 'EACCES'],
  [
    'a rule: NAT64, where the kernel has a route',
    { on: DUAL, ...rule({ kind: 'nat64' }) },
    '203.0.113.5',
    'translate',
    '64:ff9b::cb00:7105',
  ],
];

for (const [what, settings, destination, kind, result] of DESTINATIONS) {
  test(`to connect to ${destination} (${what}): ${kind} ${result ?? ''}`, (t) => {
    const decision = translator(settings).destination(destination);
    t.is(decision.kind, kind);
    t.is(resultOf(decision), result);
    t.truthy(decision.why);
    if (decision.kind === 'refuse') t.true(decision.cause.message.includes(destination));
  });
}

const DOCKER = host({ own: ['127.0.0.1', '172.17.0.1'], neighbours: false, interfaces: [eth0] });
const VPN = host({ own: ['127.0.0.1', '10.8.0.2'], interfaces: [eth0] });
const EGRESS = host({ own: ['127.0.0.1', '169.254.172.5'], routes: ['*'], interfaces: [eth0] });

// [what, settings, address, protocol, kind, address or errno]
const BINDS: [
  what: string,
  settings: Settings,
  address: string,
  protocol: Protocol,
  kind: Decision['kind'],
  result: string,
][] = [
  ['0.0.0.0 on a host without IPv4', {}, '0.0.0.0', 'tcp', 'translate', '::'],
  ['0.0.0.0 with only 127.0.0.1', { on: WITH_LO4 }, '0.0.0.0', 'tcp', 'translate', '::'],
  ['0.0.0.0 beside a container bridge', { on: DOCKER }, '0.0.0.0', 'tcp', 'translate', '::'],
  ['0.0.0.0 with an address to go out from alone', { on: EGRESS }, '0.0.0.0', 'tcp', 'translate', '::'],
  ['0.0.0.0 on a VPN', { on: VPN }, '0.0.0.0', 'tcp', 'direct', '::ffff:0.0.0.0'],
  ['0.0.0.0 on dual stack', { on: DUAL }, '0.0.0.0', 'tcp', 'direct', '::ffff:0.0.0.0'],
  ['0.0.0.0 on dual stack, listen: both', { on: DUAL, listen: 'both' }, '0.0.0.0', 'tcp', 'translate', '::'],
  ['0.0.0.0, listen: ipv4', { on: WITH_LO4, listen: 'ipv4' }, '0.0.0.0', 'tcp', 'direct', '::ffff:0.0.0.0'],
  ['0.0.0.0 on dual stack, always', { on: DUAL, mode: 'always' }, '0.0.0.0', 'tcp', 'translate', '::'],
  ['0.0.0.0 for UDP without IPv4', {}, '0.0.0.0', 'udp', 'translate', '::'],
  ['0.0.0.0 for UDP with only 127.0.0.1', { on: WITH_LO4 }, '0.0.0.0', 'udp', 'direct', '::ffff:0.0.0.0'],
  ['127.0.0.1 without it on lo', {}, '127.0.0.1', 'tcp', 'translate', '::1'],
  ['127.0.0.1 with it on lo', { on: WITH_LO4 }, '127.0.0.1', 'tcp', 'direct', '::ffff:127.0.0.1'],
  ['an IPv4 address of the host', { on: DUAL }, '198.51.100.2', 'tcp', 'direct', '::ffff:198.51.100.2'],
  ['the host address', {}, '192.0.0.1', 'tcp', 'translate', '2001:db8:1::2'],
  [
    '192.0.0.1 of a CLAT',
    { on: host({ own: ['192.0.0.1'], routes: ['*'] }) },
    '192.0.0.1',
    'tcp',
    'direct',
    '::ffff:192.0.0.1',
  ],
  ['any other address', {}, '203.0.113.7', 'tcp', 'translate', '64:ff9b::cb00:7107'],
  ['any other address, no prefix', { prefixes: [] }, '203.0.113.7', 'tcp', 'refuse', 'EADDRNOTAVAIL'],
  ['a group', {}, '239.255.255.250', 'udp', 'translate', 'ff02::c'],
  ['what is no IPv4 address', {}, '::1', 'udp', 'direct', '::ffff:::1'],
];

for (const [what, settings, address, protocol, kind, result] of BINDS) {
  test(`to bind ${what}: ${kind} ${result}`, (t) => {
    const decision = translator(settings).local(address, protocol);
    t.is(decision.kind, kind);
    t.is(resultOf(decision), result);
  });
}

test('a client that binds a port of 0.0.0.0 is dual where IPv4 has no general route', (t) => {
  t.is(resultOf(translator({ on: VPN }).local('0.0.0.0', 'tcp', true)), '::');
  t.is(translator({ on: DUAL }).local('0.0.0.0', 'tcp', true).kind, 'direct');
});

test('a host address leads somewhere once the program was shown it', (t) => {
  const translates = translator();
  t.is(resultOf(translates.destination('192.0.0.1')), 'ENETUNREACH');
  translates.showHosts();
  t.is(resultOf(translates.destination('192.0.0.1')), '2001:db8:1::2');
  t.is(resultOf(translates.destination('192.0.0.2')), 'ENETUNREACH');
});

test('where IPv4 has a general route there are no host addresses', (t) => {
  t.is(translator({ on: DUAL }).showHosts().first, undefined);
  t.is(translator({ on: VPN }).showHosts().first, '192.0.0.1');
});

for (const [what, ipv6, ipv4] of [
  ['an IPv4-mapped address', '::ffff:203.0.113.5', '203.0.113.5'],
  ['an address under the prefix', '64:ff9b::cb00:7105', '203.0.113.5'],
  ['the loopback', '::1', '127.0.0.1'],
  ['the unspecified address, which a forged datagram may carry', '::', undefined],
  ['the own address', '2001:db8:1::2', '192.0.0.1'],
  ['a native peer', '2001:db8:2::1', undefined],
  ['a link-local peer', 'fe80::1%eth0', undefined],
] as const) {
  test(`back: ${what} ${ipv6} reads as ${ipv4 ?? 'itself'}, again and again`, (t) => {
    const translates = translator();
    for (let i = 0; i < 3; i++) t.is(translates.toIPv4(ipv6), ipv4);
  });
}

test('a peer under a prefix that is not in use reads as what it is, the well-known prefix too', (t) => {
  const specific = translator({ prefixes: ['2001:db8:64::/96'] });
  t.is(specific.toIPv4('2001:db8:64::cb00:7105'), '203.0.113.5');
  t.is(specific.toIPv4('64:ff9b::cb00:7105'), undefined);
  t.is(translator({ prefixes: 'unknown' }).toIPv4('64:ff9b::cb00:7105'), undefined);
});

test('RFC 7050 §3: in a DNS answer the well-known prefix is recognized beside a specific one', (t) => {
  const specific = translator({ prefixes: ['2001:db8:64::/96'] });
  t.is(specific.answerIPv4('64:ff9b::cb00:7105'), '203.0.113.5');
  t.is(specific.answerIPv4('2001:db8:64::a9fe:a9fe'), '169.254.169.254');
});

for (const [what, ipv6, ipv4] of [
  ['what only a deny list should see', '64:ff9b::a9fe:a9fe', '169.254.169.254'],
  ['the loopback', '::1', '127.0.0.1'],
  ['an IPv4-mapped address', '::ffff:10.0.0.1', '10.0.0.1'],
  ['a metadata service, without its preset', 'fd00:ec2::254', '169.254.169.254'],
  ['another metadata service', 'fd20:ce::254', '169.254.169.254'],
  ['the unspecified address', '::', undefined],
  ['a link-local address', 'fe80::1', undefined],
  ['a group', 'ff02::1', undefined],
] as const) {
  test(`in a DNS answer ${what}, ${ipv6}, reads as ${ipv4 ?? 'nothing'}`, (t) =>
    t.is(translator().answerIPv4(ipv6), ipv4));
}

test('every prefix of several is recognized, the first embeds (RFC 7050 §3)', (t) => {
  const several = translator({ prefixes: ['2001:db8:1::/48', '2001:db8:2::/48'] });
  t.is(resultOf(several.destination('203.0.113.5')), '2001:db8:1:cb00:71:500::');
  t.is(several.toIPv4('2001:db8:2:cb00:71:500::'), '203.0.113.5');
});

test('of nested prefixes the longest decides, in whatever order', (t) => {
  const nested = ['2001:db8::/32', '2001:db8:64::/96'];
  for (const prefixes of [nested, nested.toReversed()]) {
    t.is(translator({ prefixes }).toIPv4('2001:db8:64::cb00:7105'), '203.0.113.5');
    t.is(translator({ prefixes }).toIPv4('2001:db8:cb00:7105::'), '203.0.113.5');
  }
});

test('RFC 6535 §2.4: a pool address leads to the IPv6 address that it stands for, and back', (t) => {
  const pool = newPool();
  const ipv4 = pool.assign('2001:db8:2::1') as string;
  const translates = translator({ pool });
  t.is(resultOf(translates.destination(ipv4)), '2001:db8:2::1');
  t.is(translates.toIPv4('2001:db8:2::1'), ipv4);
});

test('RFC 7335: the own address on an IPv4 socket reads as IPv4 in every case', (t) => {
  t.is(translator().localToIPv4('2001:db8:1::2'), '192.0.0.1');
  t.is(translator().localToIPv4('::'), '0.0.0.0');
  t.is(translator().localToIPv4('2001:db8:9::9'), '192.0.0.1');
  t.is(translator({ on: host() }).localToIPv4('2001:db8:9::9'), '0.0.0.0');
});

test('a decision that rests on the routing table is asked anew after a second', (t) => {
  const clock = { ms: 0 };
  const routes: string[] = [];
  const translates = translator({ on: host({ routes }), now: () => clock.ms });
  t.is(translates.destination('203.0.113.5').kind, 'translate');
  routes.push('203.0.113.5');
  clock.ms = 999;
  t.is(translates.destination('203.0.113.5').kind, 'translate');
  clock.ms = 1001;
  t.is(translates.destination('203.0.113.5').kind, 'direct');
});

test('the rules are given the port, the protocol and the name', (t) => {
  const asked: Destination[] = [];
  const translates = translator({ matchRule: (destination) => void asked.push(destination) });
  translates.destination('192.0.2.1', { port: 25, protocol: 'tcp', host: 'mail.example.org' });
  t.deepEqual(asked, [{ ipv4: 0xc0000201, port: 25, protocol: 'tcp', host: 'mail.example.org' }]);
});

test('the caches are bounded: many destinations stay right', (t) => {
  const translates = translator();
  for (let i = 0; i < 10_000; i++) translates.destination(`203.0.${i >> 8}.${i & 255}`);
  t.is(resultOf(translates.destination('203.0.113.5')), '64:ff9b::cb00:7105');
});

test('the way back from what rules name: their prefixes, and the twin of an address', (t) => {
  const translates = translator({
    rulePrefixes: [{ prefix: Pref64.parse('2001:db8:77::/96'), carries: (ipv4) => ipv4 >>> 24 === 10 }],
    twins: new Map([
      ['fd00:ec2::254', '169.254.169.254'],
      ['2001:db8:7::1', '198.18.0.1'],
    ]),
  });
  t.is(translates.toIPv4('2001:db8:77::a00:1'), '10.0.0.1');
  t.is(translates.toIPv4('2001:db8:77::c0a8:1'), undefined, 'no rule sends 192.168.0.1 there');
  t.is(translates.toIPv4('2001:db8:7::1'), undefined, 'an address of the pool');
  t.is(translates.toIPv4('fd00:ec2::254'), '169.254.169.254');
});

test('in a DNS answer the prefix of a rule is read as far as the rule sends addresses there', (t) => {
  const translates = translator({
    rulePrefixes: [{ prefix: Pref64.parse('2001:db8:77::/96'), carries: (ipv4) => ipv4 >>> 24 === 10 }],
  });
  t.is(translates.answerIPv4('2001:db8:77::a00:1'), '10.0.0.1');
  t.regex(translates.answerIPv4('2001:db8:77::c633:6401') ?? '', /^198\.1[89]\./, 'another host of the Internet');
  for (const [ipv6, ipv4] of [
    ['2001:db8:77::c0a8:1', '192.168.0.1'],
    ['2001:db8:77::7f00:1', '127.0.0.1'],
  ])
    t.is(translates.answerIPv4(ipv6), ipv4, 'a filter must judge it');
});

for (const [what, ipv6, ipv4, shown] of [
  ['a private host by an address of the Internet', 'fd12:3456::7', '192.0.2.80', /^10\.170\./],
  ['a private host by a private address', 'fd12:3456::7', '10.1.2.3', /^10\.1\.2\.3$/],
  ['a public host by an address of the Internet', '2001:db8:9::9', '192.0.2.80', /^192\.0\.2\.80$/],
  ['a metadata service by an address of the Internet', 'fd00:ec2::254', '192.0.2.80', /^169\.254\.169\.254$/],
] as const) {
  test(`a rule names ${what}: in a DNS answer it has the reach of the IPv6 address`, (t) => {
    const translates = translator({ twins: new Map([[ipv6, ipv4]]) });
    t.regex(translates.answerIPv4(ipv6) ?? '', shown);
    t.is(translates.toIPv4(ipv6), ipv4, 'the peer is who was asked for');
  });
}

test('a verdict on a peer holds for a second: the host may get an address in its network', (t) => {
  const clock = { ms: 0 };
  const own: string[] = [];
  const translates = translator({ on: host({ own }), now: () => clock.ms });
  t.is(translates.embedded('64:ff9b::c633:6402'), '198.51.100.2');
  t.is(translates.embedded('2001:db8:9::9'), undefined);
  own.push('198.51.100.2');
  clock.ms = 999;
  t.is(translates.embedded('64:ff9b::c633:6402'), '198.51.100.2');
  clock.ms = 1001;
  t.is(translates.embedded('64:ff9b::c633:6402'), undefined);
  own.length = 0;
  clock.ms = 2002;
  t.is(translates.embedded('64:ff9b::c633:6402'), '198.51.100.2');
});

test('a peer under the loopback prefix is the loopback only if its address is one of this host', (t) => {
  const lo = { interfaceName: 'lo', address: 'fd00:7f::7f00:1', internal: true };
  const translates = translator({ loopback: LoopbackPrefix.parse('fd00:7f::/96'), on: host({ interfaces: [lo] }) });
  t.is(translates.toIPv4('fd00:7f::7f00:1'), '127.0.0.1');
  t.is(translates.toIPv4('fd00:7f::7f00:2'), '127.0.0.2', 'by a route');
  t.is(translates.toIPv4('fd00:7f::7f00:9'), undefined);
  t.is(translates.answerIPv4('fd00:7f::7f00:9'), '127.0.0.9', 'a filter must judge it');
});

test('an address of the private network that a network-specific prefix carries is that of a real host', (t) => {
  const pool = newPool();
  const real = translator({ pool, prefixes: ['2001:db8:64::/96'] });
  t.is(resultOf(real.destination('10.170.170.99')), '2001:db8:64::aaa:aa63');
  t.is(real.embedded('2001:db8:64::aaa:aa63'), '10.170.170.99', 'and reads as it');
  t.is(real.nat64Ways('10.170.170.99').length, 1);
  const refused = translator({ pool: newPool() }).destination('10.170.170.99');
  t.is(refused.kind === 'refuse' && refused.step, 'pool', 'the well-known prefix carries none');
  const named = new Pool({ network: '198.18.0.0/15', privateNetwork: '10.170.160.0/20' });
  const told = translator({ pool: named, prefixes: ['2001:db8:64::/96'] }).destination('10.170.170.99');
  t.is(told.kind, 'refuse', 'the policy says that the network has no real hosts');
});

test('while the prefix is unknown, such an address waits, and stays one of the pool', (t) => {
  const pool = newPool();
  t.is(translator({ pool, prefixes: 'unknown' }).destination('10.170.170.99').kind, 'wait');
  t.true(pool.contains('10.170.170.99'));
});

test('an address of the private network that was reached over its route stands for nothing from then on', (t) => {
  let draw = 0;
  const pool = new Pool({ network: '198.18.0.0/15', privateNetwork: () => '10.170.160.0/29', random: () => draw++ });
  t.is(translator({ pool, on: DUAL }).destination('10.170.160.1').kind, 'direct');
  t.is(pool.assign('fd12:3456::1'), '10.170.160.2');
});
