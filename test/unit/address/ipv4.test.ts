import test from 'ava';
import fc from 'fast-check';
import { integerToIPv4, ipv4ToInteger, parseIPv4Range } from '../../../src/address/ipv4.js';

test('an address and its integer are the same thing', (t) => {
  t.is(ipv4ToInteger('192.0.2.33'), 0xc0000221);
  t.is(ipv4ToInteger('255.255.255.255'), 0xffffffff);
  t.is(ipv4ToInteger('0.0.0.0'), 0);
  fc.assert(fc.property(fc.nat({ max: 0xffffffff }), (value) => ipv4ToInteger(integerToIPv4(value)) === value));
});

for (const [text, first, last] of [
  ['192.0.2.1', '192.0.2.1', '192.0.2.1'],
  ['192.0.2.0/24', '192.0.2.0', '192.0.2.255'],
  ['0.0.0.0/0', '0.0.0.0', '255.255.255.255'],
  ['198.18.0.0/15', '198.18.0.0', '198.19.255.255'],
  ['255.255.255.255/32', '255.255.255.255', '255.255.255.255'],
]) {
  test(`${text} is ${first} to ${last}`, (t) => {
    t.deepEqual(parseIPv4Range(text), { first: ipv4ToInteger(first), last: ipv4ToInteger(last) });
  });
}

for (const text of [
  '',
  '192.0.2',
  '192.0.2.0/33',
  '192.0.2.0/',
  '192.0.2.0/2 4',
  '192.0.2.0/24/24',
  '192.0.2.256',
  '0x7f.1',
  '010.0.0.1',
  '::1',
  '192.0.2.1/24',
]) {
  test(`"${text}" is no IPv4 network`, (t) => {
    t.throws(() => parseIPv4Range(text), { code: 'V6ONLY_INVALID_ADDRESS' });
  });
}

test('bits beyond the length are refused with the network that was meant', (t) => {
  t.throws(() => parseIPv4Range('192.0.2.1/24'), { message: /192\.0\.2\.0\/24/ });
});
