import test from 'ava';
import { parseIPv6, parseIPv6Network } from '../../../src/address/ipv6.js';
import { Pref64 } from '../../../src/address/pref64.js';
import { ipv6Routes } from '../../../src/kernel/ipv6-routes.js';
import { mayLearn } from '../../../src/prefix/acceptable.js';

const HOST = ['2001:db8:1::/64', 'fe80::/64', '::1/128', 'fd00:5::9/128'].map(parseIPv6Network);

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
] as const) {
  test(`a forged or foolish answer: ${prefix} is ${expected ? '' : 'not '}learned: ${why}`, (t) => {
    t.is(mayLearn(Pref64.parse(prefix), HOST), expected);
  });
}

test('routes are read as Linux writes them: on-link, by a gateway, and not those of no use', (t) => {
  const zeros = '0'.repeat(32);
  const line = (to: string, length: string, gateway: string, flags: string, link: string) =>
    `${to.padEnd(32, '0')} ${length} ${zeros} 00 ${gateway.padEnd(32, '0')} 00000100 00000001 00000000 ${flags} ${link}`;
  const text = [
    line('20010db800010000', '40', '', '00000001', 'eth0'),
    line('20010db800020000', '30', 'fe80', '00000003', 'eth0'),
    line('20010db800030000', '40', '', '00000201', 'eth0'),
    line('20010db800040000', '40', '', '80200001', 'lo'),
    'nonsense',
    '',
  ].join('\n');
  t.deepEqual(ipv6Routes(text), [
    { octets: parseIPv6('2001:db8:1::'), length: 64, link: 'eth0', gateway: undefined, metric: 256 },
    { octets: parseIPv6('2001:db8:2::'), length: 48, link: 'eth0', gateway: 'fe80::', metric: 256 },
  ]);
});
