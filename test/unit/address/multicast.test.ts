import { isIPv6 } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import { integerToIPv4 } from '../../../src/address/ipv4.js';
import { ipv6GroupOf } from '../../../src/address/multicast.js';

for (const [ipv4, ipv6, meaning] of [
  ['224.0.0.1', 'ff02::1', 'all hosts'],
  ['224.0.0.2', 'ff02::2', 'all routers'],
  ['224.0.0.251', 'ff02::fb', 'mDNS, RFC 6762 §3'],
  ['224.0.0.252', 'ff02::1:3', 'LLMNR, RFC 4795 §2'],
  ['239.255.255.250', 'ff02::c', 'SSDP'],
  ['224.0.0.77', 'ff12::e000:4d', 'link-local control block, RFC 5771 §4'],
  ['239.255.1.1', 'ff15::efff:101', 'site-local, RFC 2365 §6.1'],
  ['239.195.255.255', 'ff18::efc3:ffff', 'organization-local, RFC 2365 §6.2'],
  ['239.196.0.0', 'ff15::efc4:0', 'other administrative scopes'],
  ['232.1.2.3', 'ff3e::e801:203', 'source-specific, RFC 4607 §1'],
  ['233.252.0.1', 'ff1e::e9fc:1', 'global, the documentation block of RFC 6676'],
]) {
  test(`the group ${ipv4} (${meaning}) becomes ${ipv6}`, (t) => t.is(ipv6GroupOf(ipv4), ipv6));
}

test('every IPv4 group has an IPv6 group, and no two transient ones are the same', (t) => {
  const group = fc.integer({ min: 0xe0000000, max: 0xefffffff }).map(integerToIPv4);
  fc.assert(
    fc.property(group, group, (a, b) => {
      const [one, two] = [ipv6GroupOf(a), ipv6GroupOf(b)];
      return isIPv6(one) && one.startsWith('ff') && (a === b || one !== two);
    }),
  );
  t.pass();
});
