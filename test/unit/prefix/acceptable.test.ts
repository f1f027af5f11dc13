import test from 'ava';
import { Pref64 } from '../../../src/address/pref64.js';
import { mayLearn, type OwnAddress } from '../../../src/prefix/acceptable.js';

const own = (...cidrs: string[]): OwnAddress[] =>
  cidrs.map((cidr) => ({ address: cidr.split('/')[0], family: 'IPv6', cidr }));
const HOST: OwnAddress[] = [
  ...own('2001:db8:1::2/64', 'fe80::2/64', '::1/128', 'fd00:5::9/128'),
  { address: '192.0.2.1', family: 'IPv4', cidr: '192.0.2.1/24' },
];

for (const [prefix, expected, why] of [
  ['2001:db8:64::/96', true, 'a network-specific prefix'],
  ['64:ff9b:1::/48', true, 'the local-use prefix (RFC 8215)'],
  ['64:ff9b::/96', true, 'the well-known prefix'],
  ['2001:db8:2::/64', true, 'the network beside that of the host'],
  ['2001:db8:1::/64', false, "the link's own prefix"],
  ['2001:db8:1::/48', false, 'a prefix that the link is in'],
  ['2001:db8::/32', false, 'a prefix that the site is in'],
  ['2001:db8:1:0:64::/96', false, 'a part of the link, where every neighbour may have an address'],
  ['fd00:5::/32', false, 'a prefix that an address of the host is in'],
  ['::/96', false, 'IPv4-compatible addresses, and the loopback'],
  ['::/32', false, 'a prefix that those are in'],
  ['::ffff:0:0/96', false, 'IPv4-mapped addresses: ::ffff:192.0.0.170 is no prefix'],
  ['fe80::/64', false, 'link-local addresses'],
  ['ff02::/32', false, 'multicast'],
] as const) {
  test(`a forged or foolish answer: ${prefix} is ${expected ? '' : 'not '}learned: ${why}`, (t) => {
    t.is(mayLearn(Pref64.parse(prefix), HOST), expected);
  });
}

test('an interface without a prefix length counts as its address alone', (t) => {
  t.false(mayLearn(Pref64.parse('2001:db8:7::/48'), [{ address: '2001:db8:7::1', family: 'IPv6', cidr: null }]));
  t.true(mayLearn(Pref64.parse('2001:db8:7:1::/64'), [{ address: '2001:db8:7::1', family: 'IPv6', cidr: null }]));
});
