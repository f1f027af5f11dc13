import test from 'ava';
import { type Decision, direct, refuse, translate } from '../../../src/address/decision.js';
import { neverTranslated } from '../../../src/address/refusals.js';
import type { HookContext } from '../../../src/hooks/context.js';
import { NativeNames } from '../../../src/hooks/tcp/native-names.js';

const NAT64 = (ipv4: string) => translate('nat64', `2001:db8:64::${ipv4}`, 'embedded');
const NAT64_B = (ipv4: string) => translate('nat64', `2001:db8:65::${ipv4}`, 'embedded');

const names = (destination: (ipv4: string) => Decision) =>
  new NativeNames({
    translator: { destination, nat64Ways: (ipv4: string) => [NAT64(ipv4), NAT64_B(ipv4)] },
  } as unknown as HookContext);
const waysOf = (found: NativeNames, shown: string, ...addresses: string[]) =>
  found.ways('some.example.org', shown, 80, addresses).map(({ way }) => way.address);

test('behind a native address are the ways to each IPv4 address, by every prefix', (t) => {
  const ways = waysOf(names(NAT64), '198.18.0.1', '203.0.113.7', '203.0.113.8');
  t.deepEqual(ways, [
    '2001:db8:64::203.0.113.7',
    '2001:db8:65::203.0.113.7',
    '2001:db8:64::203.0.113.8',
    '2001:db8:65::203.0.113.8',
  ]);
});

test('an address with an IPv4 route has that alone, never the NAT64 beside it', (t) => {
  const routed = names((ipv4) => direct('route', ipv4, 'the kernel has an IPv4 route to it'));
  t.deepEqual(waysOf(routed, '198.18.0.1', '203.0.113.7'), ['::ffff:203.0.113.7']);
});

test('what a rule refuses is no way', (t) => {
  const refused = names((ipv4) => refuse('rule', 'EACCES', neverTranslated(ipv4, 'a rule', '')));
  t.deepEqual(waysOf(refused, '198.18.0.1', '203.0.113.7'), []);
});

test('a program is led to an address of the scope that it was shown, and to no other', (t) => {
  const found = names(NAT64);
  for (const inside of ['10.0.0.1', '192.168.1.1', '127.0.0.1', '169.254.169.254'])
    t.deepEqual(waysOf(found, '198.18.0.1', inside), [], inside);
  for (const elsewhere of ['203.0.113.7', '127.0.0.1', '0.0.0.0', '169.254.169.254', '192.0.0.1'])
    t.deepEqual(waysOf(found, '10.170.160.9', elsewhere), [], elsewhere);
  t.is(waysOf(found, '10.170.160.9', '10.0.0.1').length, 2);
});

test('a synthetic address is no way: it stands for the native address, or for that of another name', (t) => {
  const inPool = names(() => translate('pool', '2001:db8::1', 'it stands for this IPv6 address'));
  t.deepEqual(waysOf(inPool, '198.18.0.1', '198.18.0.2'), []);
});

test('the A records are those that the look-up of the connect returns, in whatever form', async (t) => {
  const found = names(NAT64);
  const asked = (result: unknown, error: unknown = null) =>
    found.addresses('some.example.org', (_host, _options, callback) => callback(error, result));
  t.deepEqual(await asked([{ address: '203.0.113.7', family: 4 }, null, { address: 7 }, { address: '::1' }]), [
    '203.0.113.7',
  ]);
  t.deepEqual(await asked('203.0.113.7'), ['203.0.113.7']);
  t.deepEqual(await asked(undefined), []);
  t.deepEqual(await asked('203.0.113.7', new Error('denied')), []);
  t.deepEqual(
    await found.addresses('some.example.org', () => {
      throw new Error('broken');
    }),
    [],
  );
});
