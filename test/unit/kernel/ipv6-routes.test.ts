import test from 'ava';
import { formatIPv6 } from '../../../src/address/ipv6.js';
import { ipv6Routes, localIPv6Routes } from '../../../src/kernel/ipv6-routes.js';

const NONE = '0'.repeat(32);
const row = (destination: string, length: string, flags: string, link: string, gateway = NONE) =>
  `${destination.padEnd(32, '0')} ${length} ${NONE} 00 ${gateway} 00000400 00000001 00000000 ${flags} ${link}`;

// As Linux 6 prints them: a link, its router, an address of it, the loopback, AnyIP, and a route that leads nowhere.
const TABLE = [
  row('20010db80001', '40', '00000001', 'eth0'),
  row('', '00', '00000003', 'eth0', '20010db8000100000000000000000001'),
  row('20010db8000100000000000000000002', '80', '80200001', 'eth0'),
  row('00000000000000000000000000000001', '80', '80200001', 'lo'),
  row('fd00007f', '60', '80200001', 'lo'),
  row('fd12', '10', '00200200', 'lo'),
  'no route',
  '',
].join('\n');

const shown = (routes: readonly { octets: Uint8Array; length: number }[]) =>
  routes.map(({ octets, length }) => `${formatIPv6(octets)}/${length}`);

test('a local route makes a network the host’s own', (t) => {
  t.deepEqual(shown(localIPv6Routes(TABLE)), ['2001:db8:1::2/128', '::1/128', 'fd00:7f::/96']);
});

test('the routes by which Linux sends to others', (t) => {
  t.deepEqual(shown(ipv6Routes(TABLE)), ['2001:db8:1::/64', '::/0', '2001:db8:1::2/128']);
});
