import test from 'ava';
import { endpointOf, formatServer, parseServer } from '../../../src/address/server-address.js';
import { parseResolvConf, readResolvConf, searchList } from '../../../src/resolver/resolv-conf.js';

test('resolv.conf is read as the C library reads it', (t) => {
  const conf = parseResolvConf(`# comment
; another
domain old.example.org
search example.org. sub.example.org
nameserver 2001:db8::53
nameserver fe80::1%eth0
nameserver nonsense
  nameserver 192.0.2.53
nameserver 192.0.2.54
options timeout:2 attempts:3 rotate ndots:2 edns0 nonsense:9
`);
  t.deepEqual(conf, {
    servers: ['2001:db8::53', 'fe80::1%eth0', '192.0.2.53'],
    search: ['example.org', 'sub.example.org'],
    ndots: 2,
    timeoutMs: 2000,
    attempts: 3,
    rotate: true,
  });
});

test('numbers in resolv.conf keep to the limits of the C library', (t) => {
  const conf = parseResolvConf('options timeout:99 attempts:99 ndots:99');
  t.deepEqual([conf.timeoutMs, conf.attempts, conf.ndots], [30_000, 5, 15]);
  const zero = parseResolvConf('options timeout:0 attempts:0');
  t.deepEqual([zero.timeoutMs, zero.attempts], [1000, 1]);
});

test('without resolv.conf, or with an empty one, the loopback is asked', (t) => {
  t.deepEqual(readResolvConf('/nonexistent').servers, ['127.0.0.1']);
  t.deepEqual(parseResolvConf('').servers, ['127.0.0.1']);
});

test('search domains: before or after the name itself, as ndots says', (t) => {
  const conf = { search: ['example.org', 'example.net'], ndots: 1 };
  t.deepEqual(searchList('host', conf), ['host.example.org', 'host.example.net', 'host']);
  t.deepEqual(searchList('host.sub', conf), ['host.sub', 'host.sub.example.org', 'host.sub.example.net']);
  t.deepEqual(searchList('host.', conf), ['host.']);
});

test('name servers are read and shown as dns.setServers and dns.getServers do', (t) => {
  for (const text of ['192.0.2.53', '192.0.2.53:5353', '2001:db8::53', '[2001:db8::53]:5353', 'fe80::1%eth0']) {
    t.is(formatServer(parseServer(text)), text);
  }
  t.is(formatServer(parseServer('[2001:db8::53]')), '2001:db8::53');
  t.is(formatServer(parseServer('192.0.2.53:53')), '192.0.2.53');
  for (const text of ['', 'example.org', '192.0.2', '[192.0.2.1]:53', '192.0.2.53:0', '[::1]:70000', '::1:x']) {
    t.throws(() => parseServer(text), { code: 'V6ONLY_INVALID_OPTION' }, text);
  }
});

test('while no prefix is known only IPv6 and loopback servers can be asked', (t) => {
  const unknown = () => undefined;
  t.deepEqual(endpointOf(parseServer('[2001:db8::53]:5353'), unknown), { address: '2001:db8::53', port: 5353 });
  t.deepEqual(endpointOf(parseServer('127.0.0.53'), unknown), { address: '::ffff:127.0.0.53', port: 53 });
  t.is(endpointOf(parseServer('192.0.2.53'), unknown), undefined);
  t.deepEqual(
    endpointOf(parseServer('192.0.2.53'), () => '64:ff9b::c000:235'),
    { address: '64:ff9b::c000:235', port: 53 },
  );
});
