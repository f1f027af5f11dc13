import test from 'ava';
import fc from 'fast-check';
import {
  canonicalIPv6,
  formatIPv6,
  kernelIPv6,
  parseIPv6,
  parseIPv6Network,
  readUint32,
  sharesPrefix,
} from '../../../src/address/ipv6.js';

// RFC 5952 §4 and §5.
for (const [text, canonical] of [
  ['2001:0db8::0001', '2001:db8::1'],
  ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:DB8::A', '2001:db8::a'],
  ['::ffff:c000:221', '::ffff:192.0.2.33'],
  ['::ffff:192.0.2.33', '::ffff:192.0.2.33'],
  ['::192.0.2.33', '::c000:221'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['FE80::1%eth0', 'fe80::1%eth0'],
]) {
  test(`RFC 5952: ${text} is written ${canonical}`, (t) => t.is(canonicalIPv6(text), canonical));
}

test('every address survives being parsed and formatted', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
      const text = formatIPv6(octets);
      return Buffer.compare(parseIPv6(text), octets) === 0 && canonicalIPv6(text) === text;
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

for (const text of ['', '1.2.3.4', ':', '2001:db8', '2001:db8:::1', '::1/128', '12345::', '::ffff:1.2.3.256']) {
  test(`"${text}" is no IPv6 address`, (t) => {
    t.throws(() => parseIPv6(text), { code: 'V6ONLY_INVALID_ADDRESS' });
  });
}

test('addresses share a prefix bit by bit', (t) => {
  const [a, b] = [parseIPv6('2001:db8:ff00::'), parseIPv6('2001:db8:fe00::')];
  t.true(sharesPrefix(a, b, 39));
  t.false(sharesPrefix(a, b, 40));
  t.true(sharesPrefix(a, b, 0));
  t.true(sharesPrefix(a, a, 128));
});

test('a network is read with its length, an address alone as /128', (t) => {
  t.is(parseIPv6Network('2001:db8::/32').length, 32);
  t.is(parseIPv6Network('2001:db8::1').length, 128);
  for (const text of ['2001:db8::/129', '2001:db8::1/64', '::1%lo/128', '192.0.2.0/24', '::/ 0']) {
    t.throws(() => parseIPv6Network(text), { code: 'V6ONLY_INVALID_ADDRESS' }, text);
  }
});

for (const [text, kernel] of [
  ['FE80::1%eth0', 'fe80::1%eth0'],
  ['FF02::FB%eth0', 'ff02::fb%eth0'],
  ['ff12::1%eth0', 'ff12::1%eth0'],
  ['ff01::1%lo', 'ff01::1%lo'],
  ['ff05::2%eth0', 'ff05::2'],
  ['2001:DB8::1%eth0', '2001:db8::1'],
] as const) {
  test(`the kernel is asked for ${text} as ${kernel}`, (t) => t.is(kernelIPv6(text), kernel));
}

test('32 bits are read without a sign', (t) => {
  t.is(readUint32(parseIPv6('::ffff:ffff'), 12), 0xffffffff);
});
