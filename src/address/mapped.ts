import { isIPv4, isIPv6 } from 'node:net';
import { integerToIPv4 } from './ipv4';
import { parseIPv6, readUint32, sharesPrefix } from './ipv6';

/** What an IPv4-mapped IPv6 address begins with, as Node and libuv print it (RFC 4291 §2.5.5.2). */
export const MAPPED = '::ffff:';

const PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0);

/** The IPv4 address in an IPv4-mapped one, in whatever spelling, or undefined. A zone means nothing there, to the kernel too. */
export function mappedIPv4(address: string): string | undefined {
  if (address.startsWith(MAPPED)) {
    const rest = address.slice(MAPPED.length);
    if (isIPv4(rest)) return rest;
  }
  // Other spellings (::FFFF:1.2.3.4, ::ffff:102:304, 0:0:0:0:0:ffff:…) have this in common; most addresses have not.
  if (!/^[0:]+:ffff:/i.test(address) || !isIPv6(address)) return undefined;
  const octets = parseIPv6(address);
  return sharesPrefix(octets, PREFIX, 96) ? integerToIPv4(readUint32(octets, 12)) : undefined;
}
