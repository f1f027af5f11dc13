import test from 'ava';
import { HostAddresses } from '../../../src/address/host-addresses.js';
import { parseIPv6 } from '../../../src/address/ipv6.js';
import { LoopbackPrefix } from '../../../src/address/loopback-prefix.js';

const on = (interfaceName: string, address: string, internal = false) => ({ interfaceName, address, internal });

test('RFC 7335: each global IPv6 address has an IPv4 address of 192.0.0.0/29 beside it', (t) => {
  const hosts = new HostAddresses(
    [
      on('lo', '::1', true),
      on('eth0', 'fe80::1'),
      on('eth0', '2001:db8::1'),
      on('eth1', '2001:db8::2'),
      on('eth1', '64:ff9b::cb00:7107'),
    ],
    (ipv6) => ipv6.startsWith('64:ff9b::'),
    () => false,
  );
  t.is(hosts.first, '192.0.0.1');
  t.is(hosts.toIPv6('192.0.0.1'), '2001:db8::1');
  t.is(hosts.toIPv6('192.0.0.2'), '2001:db8::2');
  t.is(hosts.toIPv6('192.0.0.3'), undefined);
  t.is(hosts.toIPv4('2001:db8::2'), '192.0.0.2');
  t.is(hosts.toIPv4('fe80::1%eth0'), '192.0.0.1');
  t.is(hosts.beside('2001:DB8::1'), '192.0.0.1');
  t.is(hosts.defaultInterface, 'eth0');
});

test('an address of 192.0.0.0/29 that the host has itself (a CLAT) is not given to another', (t) => {
  const hosts = new HostAddresses(
    [on('eth0', '2001:db8::1'), on('eth0', '2001:db8::2')],
    () => false,
    (ipv4) => ipv4 === '192.0.0.1',
  );
  t.deepEqual([...hosts.all], ['192.0.0.2', '192.0.0.3']);
  t.is(hosts.toIPv6('192.0.0.1'), undefined);
});

test('RFC 7335: there are seven at most', (t) => {
  const many = Array.from({ length: 20 }, (_, n) => on('eth0', `2001:db8::${n + 1}`));
  const hosts = new HostAddresses(
    many,
    () => false,
    () => false,
  );
  t.is(hosts.toIPv4('2001:db8::7'), '192.0.0.7');
  t.is(hosts.toIPv4('2001:db8::8'), undefined);
});

test('an address keeps its number, whatever the host gets or loses beside it', (t) => {
  const none = () => false;
  const before = new HostAddresses([on('eth0', '2001:db8::1'), on('eth0', '2001:db8::2')], none, none);
  const later = new HostAddresses(
    [on('eth0', '2001:db8::3'), on('eth1', '2001:db8::4'), on('eth0', '2001:db8::2'), on('eth0', '2001:db8::1')],
    none,
    none,
    before,
  );
  t.is(later.toIPv6('192.0.0.1'), '2001:db8::1');
  t.is(later.toIPv6('192.0.0.2'), '2001:db8::2');
  t.is(later.toIPv6('192.0.0.3'), '2001:db8::3');
  t.is(later.toIPv4('2001:db8::4'), '192.0.0.4');
  t.is(later.defaultInterface, 'eth0');
  const without = new HostAddresses([on('eth0', '2001:db8::2'), on('eth0', '2001:db8::5')], none, none, later);
  t.is(without.toIPv6('192.0.0.2'), '2001:db8::2');
  t.is(without.toIPv6('192.0.0.1'), '2001:db8::5');
  // The host has got this address itself, from a CLAT.
  const clat = new HostAddresses([on('eth0', '2001:db8::2')], none, (ipv4) => ipv4 === '192.0.0.2', later);
  t.is(clat.toIPv4('2001:db8::2'), '192.0.0.1');
});

test('a host without a global IPv6 address has none', (t) => {
  const hosts = new HostAddresses(
    [on('lo', '::1', true), on('eth0', 'fe80::1')],
    () => false,
    () => false,
  );
  t.is(hosts.first, undefined);
  t.is(hosts.toIPv4('fe80::1%eth0'), undefined);
});

for (const [prefix, ipv6] of [
  ['fd00:127::/96', 'fd00:127::7f00:2'],
  ['fd00:127::7f00:0/104', 'fd00:127::7f00:2'],
  ['fd00:127::/104', 'fd00:127::2'],
]) {
  test(`127.0.0.2 in the loopback prefix ${prefix} is ${ipv6}, and back`, (t) => {
    const loopback = LoopbackPrefix.parse(prefix);
    t.is(loopback.embed('127.0.0.2'), ipv6);
    t.is(loopback.extractOctets(parseIPv6(ipv6)), '127.0.0.2');
    t.is(loopback.extractOctets(parseIPv6('2001:db8::1')), undefined);
  });
}

test('a loopback prefix of /96 holds 127.0.0.0/8 only', (t) => {
  t.is(LoopbackPrefix.parse('fd00:127::/96').extractOctets(parseIPv6('fd00:127::c000:221')), undefined);
});

for (const [text, code] of [
  ['fd00::/64', 'V6ONLY_INVALID_PREFIX'],
  ['fd00::/128', 'V6ONLY_INVALID_PREFIX'],
  ['127.0.0.0/8', 'V6ONLY_INVALID_ADDRESS'],
  ['fd00::1/96', 'V6ONLY_INVALID_ADDRESS'],
  ['::ffff:0:0/96', 'V6ONLY_INVALID_PREFIX'],
  ['::/96', 'V6ONLY_INVALID_PREFIX'],
  ['fe80::/96', 'V6ONLY_INVALID_PREFIX'],
  ['ff02::/96', 'V6ONLY_INVALID_PREFIX'],
  ['64:ff9b::/96', 'V6ONLY_INVALID_PREFIX'],
  ['64:ff9b::7f00:0/104', 'V6ONLY_INVALID_PREFIX'],
]) {
  test(`"${text}" is refused as a loopback prefix`, (t) => {
    t.throws(() => LoopbackPrefix.parse(text), { code });
  });
}
