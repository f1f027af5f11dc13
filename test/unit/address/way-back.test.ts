import test from 'ava';
import ipaddr from 'ipaddr.js';
import type { Kernel } from '../../../src/address/kernel.js';
import { Pool } from '../../../src/address/pool.js';
import { Pref64 } from '../../../src/address/pref64.js';
import { Translator } from '../../../src/address/translator.js';
import type { TranslatorPolicy } from '../../../src/address/translator-policy.js';

// Whom an IPv6 peer is taken for, on every range of the IANA registry of special-purpose IPv4 addresses and under every prefix
// length of RFC 6052. The registry is written down here anew, so that a mistake in the project's own table shows.

/** `never`: no peer reads as it; `private`: only under a prefix of the network's own; `yes`: under each prefix in use. */
const REGISTRY = [
  ['0.0.0.0/8', 'never', 'this network'],
  ['0.0.0.0/32', 'never', 'this host on this network'],
  ['10.0.0.0/8', 'private', 'private use'],
  ['100.64.0.0/10', 'private', 'shared address space'],
  ['127.0.0.0/8', 'never', 'loopback'],
  ['169.254.0.0/16', 'never', 'link local'],
  ['172.16.0.0/12', 'private', 'private use'],
  ['192.0.0.0/24', 'never', 'IETF protocol assignments'],
  ['192.0.0.0/29', 'never', 'IPv4 service continuity'],
  ['192.0.0.8/32', 'never', 'IPv4 dummy address'],
  ['192.0.0.9/32', 'never', 'PCP anycast'],
  ['192.0.0.10/32', 'never', 'TURN anycast'],
  ['192.0.0.170/32', 'never', 'NAT64 discovery'],
  ['192.0.0.171/32', 'never', 'NAT64 discovery'],
  ['192.0.2.0/24', 'yes', 'TEST-NET-1'],
  ['192.31.196.0/24', 'yes', 'AS112-v4'],
  ['192.52.193.0/24', 'yes', 'AMT'],
  ['192.88.99.0/24', 'yes', '6to4 relay anycast, deprecated'],
  ['192.168.0.0/16', 'private', 'private use'],
  ['192.175.48.0/24', 'yes', 'direct delegation AS112'],
  ['198.18.0.0/15', 'never', 'benchmarking, and the pool'],
  ['198.51.100.0/24', 'yes', 'TEST-NET-2'],
  ['203.0.113.0/24', 'yes', 'TEST-NET-3'],
  ['240.0.0.0/4', 'yes', 'reserved'],
  ['255.255.255.255/32', 'never', 'limited broadcast'],
  // Not of that registry.
  ['224.0.0.0/4', 'never', 'multicast'],
  ['10.170.160.0/20', 'never', 'the private block of the pool'],
  ['8.8.8.8/32', 'yes', 'an ordinary address'],
  ['1.0.0.0/24', 'yes', 'an ordinary network'],
];

const PREFIXES = [
  '2001:db8::/32',
  '2001:db8:6400::/40',
  '2001:db8:64::/48',
  '2001:db8:64:100::/56',
  '2001:db8:64:164::/64',
  '2001:db8:64::/96',
  '64:ff9b:1::/48',
  '64:ff9b:1:fffe::/96',
  '64:ff9b::/96',
];

const numberOf = (ipv4: string) => ipv4.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
const textOf = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

/** RFC 6052 §2.2, by its figure: the octets of the IPv4 address follow the prefix, and octet 8 is skipped. */
function embedded(prefix: string, ipv4: string) {
  const [network, length] = prefix.split('/');
  const octets = ipaddr.parse(network).toByteArray();
  let at = Number(length) / 8;
  for (const octet of ipv4.split('.')) {
    if (at === 8) at += 1;
    octets[at] = Number(octet);
    at += 1;
  }
  return ipaddr.fromByteArray(octets).toString();
}

/** The first, the last and some in between, but not those of a narrower range that is another matter. */
function samples(range: string) {
  const [network, length] = range.split('/');
  const first = numberOf(network);
  const size = 2 ** (32 - Number(length));
  const all = new Set(
    [0, 1, 2, Math.floor(size / 3), Math.floor(size / 2), size - 2, size - 1].filter((n) => n >= 0 && n < size),
  );
  return [...all].map((n) => textOf(first + n));
}

/** What the narrowest range that has an address says of it. */
function verdictOn(ipv4: string) {
  const value = numberOf(ipv4);
  const having = REGISTRY.filter(([range]) => {
    const [network, length] = range.split('/');
    return value >= numberOf(network) && value < numberOf(network) + 2 ** (32 - Number(length));
  });
  // What is never said stays so in a narrower range.
  return ['never', 'private', 'yes'].find((verdict) => having.some(([, said]) => said === verdict));
}

const kernel = {
  hasRoute: () => false,
  hasGeneralRoute: () => false,
  hasAddress: () => false,
  hasIPv4Sockets: () => false,
  hasIPv4Neighbours: () => false,
  interfaces: () => [{ interfaceName: 'eth0', address: '2001:db8:ffff::2', internal: false }],
  ipv4Interfaces: () => [],
} as Partial<Kernel> as Kernel;
const policy: TranslatorPolicy = {
  mode: 'auto',
  loopback: 'auto',
  listen: 'auto',
  matchRule: undefined,
  multicast: new Map(),
  rulePrefixes: [],
  twins: new Map(),
};
const pool = () => new Pool({ network: '198.18.0.0/15', privateNetwork: () => '10.170.160.0/20' });

function translatorWith(prefixes: string[] | undefined) {
  const parsed = prefixes?.map((prefix) => Pref64.parse(prefix));
  return new Translator(
    policy,
    kernel,
    () => parsed,
    pool(),
    () => 0,
  );
}

for (const prefix of PREFIXES) {
  test(`peers under ${prefix}`, (t) => {
    const inUse = translatorWith([prefix]);
    for (const [range, , name] of REGISTRY) {
      for (const ipv4 of samples(range)) {
        const verdict = verdictOn(ipv4);
        const reads = verdict === 'yes' || (verdict === 'private' && prefix !== '64:ff9b::/96');
        t.is(inUse.toIPv4(embedded(prefix, ipv4)), reads ? ipv4 : undefined, `${ipv4}, ${name}`);
      }
    }
  });

  test(`peers under ${prefix} where it is not in use`, (t) => {
    for (const others of [[], undefined, ['2001:db8:77::/96']]) {
      // Before anything is learned the well-known prefix is assumed for what this host sends, but nobody is taken for another.
      const notInUse = translatorWith(others);
      for (const [range] of REGISTRY) {
        for (const ipv4 of samples(range))
          t.is(notInUse.toIPv4(embedded(prefix, ipv4)), undefined, `${ipv4}, ${others}`);
      }
    }
  });
}

test('a private address under the well-known prefix is none beside a prefix that may carry it', (t) => {
  const both = translatorWith(['64:ff9b::/96', '2001:db8:64::/96']);
  t.is(both.toIPv4('64:ff9b::a00:1'), undefined);
  t.is(both.toIPv4('2001:db8:64::a00:1'), '10.0.0.1');
});

test('an address of the host, and one of the pool, read as what they are', (t) => {
  const translator = translatorWith(['2001:db8:64::/96']);
  t.regex(translator.toIPv4('2001:db8:ffff::2') ?? '', /^192\.0\.0\.[0-7]$/);
  t.is(translator.toIPv4('2001:db8:9::9'), undefined);
  t.is(translator.toIPv4('fe80::1%eth0'), undefined);
  t.is(translator.toIPv4('fe80::7f00:1'), undefined);
  t.is(translator.toIPv4('::1'), '127.0.0.1');
});
