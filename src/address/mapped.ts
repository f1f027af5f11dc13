import { isIPv4, isIPv6 } from 'node:net';
import { integerToIPv4 } from './ipv4';
import { mayBeginWithZero, parseIPv6, readUint32, sharesPrefix } from './ipv6';

/** The start of an IPv4-mapped IPv6 address, as Node and libuv print it (RFC 4291 §2.5.5.2). */
export const MAPPED = '::ffff:';

const PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0);

/**
 * The IPv4 address in an IPv4-mapped address of any spelling, or undefined. Here a zone has no meaning, for the kernel
 * either.
 */
export function mappedIPv4(address: string): string | undefined {
  if (!mayBeginWithZero(address)) return undefined;
  if (address.startsWith(MAPPED)) {
    const rest = address.slice(MAPPED.length);
    if (isIPv4(rest)) return rest;
  }
  // Other spellings (::FFFF:1.2.3.4, ::ffff:102:304, 0:0:0:0:0:ffff:…) match this pattern. Most other addresses do not,
  // so few are parsed.
  if (!/^[0:]+:ffff:/i.test(address) || !isIPv6(address)) return undefined;
  const octets = parseIPv6(address);
  return sharesPrefix(octets, PREFIX, 96) ? integerToIPv4(readUint32(octets, 12)) : undefined;
}
