import test from 'ava';
import { ipv4ToInteger, parseIPv4Range } from '../../../src/address/ipv4.js';
import type { Kernel } from '../../../src/address/kernel.js';
import { unusedPrivateNetwork } from '../../../src/install/private-network.js';
import type { Rule } from '../../../src/policy/rule.js';

interface Host {
  own?: string[];
  routed?: string[];
  /** Networks with a route that the system does not list. */
  unlisted?: string[];
  rules?: string[];
}

function chosen({ own = [], routed = [], unlisted = [], rules = [] }: Host) {
  const kernel = {
    ipv4Interfaces: () => own.map((cidr) => ({ interfaceName: 'eth0', address: '', internal: false, cidr })),
    routedNetworks: () => routed.map(parseIPv4Range),
    hasOwnRoute: (ipv4) =>
      unlisted.map(parseIPv4Range).some(({ first, last }) => {
        const value = ipv4ToInteger(ipv4);
        return value >= first && value <= last;
      }),
  } as Partial<Kernel> as Kernel;
  const matchers = rules.map((network) => ({ matcher: { kind: 'range', range: parseIPv4Range(network) } }));
  return unusedPrivateNetwork(kernel, matchers as Partial<Rule>[] as Rule[]);
}

for (const [what, host, network] of [
  ['nothing', {}, '10.170.160.0/20'],
  ['an address of the host', { own: ['10.170.162.9/24'] }, '172.21.80.0/20'],
  ['a network of the host', { own: ['10.8.0.2/8'] }, '172.21.80.0/20'],
  ['a rule', { rules: ['10.170.160.0/24'] }, '172.21.80.0/20'],
  ['a route', { routed: ['10.0.0.0/8'] }, '172.21.80.0/20'],
  ['a route that the system does not list', { unlisted: ['10.0.0.0/8'] }, '172.21.80.0/20'],
  ['routes to all of the usual ones', { routed: ['10.128.0.0/9', '172.16.0.0/12'] }, '10.0.0.0/20'],
  ['routes to more than those', { routed: ['10.0.0.0/8', '172.16.0.0/12'] }, '192.168.0.0/20'],
  ['routes to nearly all', { routed: ['10.0.0.0/8', '172.16.0.0/12'], own: ['192.168.1.2/17'] }, '192.168.128.0/20'],
  ['routes to all', { routed: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] }, undefined],
] as const satisfies [string, Host, string | undefined][]) {
  test(`beside ${what}, the synthetic private addresses are ${network}`, (t) => t.is(chosen(host), network));
}
