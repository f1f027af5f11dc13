import test from 'ava';
import { ipv4ToInteger } from '../../../src/address/ipv4.js';
import { SPECIAL_PURPOSE, specialPurposeOf } from '../../../src/address/special-purpose.js';

// First and last address of each block of the IANA registry (RFC 6890 §2.2.2 and successors).
for (const [first, last, kind] of [
  ['0.0.0.0', '0.255.255.255', 'this-host'],
  ['10.0.0.0', '10.255.255.255', 'private'],
  ['100.64.0.0', '100.127.255.255', 'private'],
  ['127.0.0.0', '127.255.255.255', 'loopback'],
  ['169.254.0.0', '169.254.255.255', 'link-local'],
  ['172.16.0.0', '172.31.255.255', 'private'],
  ['192.0.0.0', '192.0.0.255', 'protocol'],
  ['192.0.2.0', '192.0.2.255', 'reserved'],
  ['192.168.0.0', '192.168.255.255', 'private'],
  ['198.18.0.0', '198.19.255.255', 'reserved'],
  ['198.51.100.0', '198.51.100.255', 'reserved'],
  ['203.0.113.0', '203.0.113.255', 'reserved'],
  ['224.0.0.0', '239.255.255.255', 'multicast'],
  ['240.0.0.0', '255.255.255.254', 'reserved'],
  ['255.255.255.255', '255.255.255.255', 'broadcast'],
] as const) {
  test(`RFC 6890: ${first} to ${last} is ${kind}`, (t) => {
    t.is(specialPurposeOf(ipv4ToInteger(first))?.kind, kind);
    t.is(specialPurposeOf(ipv4ToInteger(last))?.kind, kind);
  });
}

for (const ordinary of [
  '1.0.0.0',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.31.196.10',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
]) {
  test(`${ordinary} is an ordinary address`, (t) => t.is(specialPurposeOf(ipv4ToInteger(ordinary)), undefined));
}

test('every block names its RFC', (t) => {
  for (const block of SPECIAL_PURPOSE) t.regex(block.rfc, /^RFC \d+/);
});
