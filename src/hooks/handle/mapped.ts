import type { SocketName } from './internals';

/** What an IPv4-mapped IPv6 address begins with (RFC 4291 §2.5.5.2). */
export const MAPPED = '::ffff:';

/** The IPv4 address in an IPv4-mapped one, or undefined. */
export function mappedIPv4(address: string): string | undefined {
  return address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : undefined;
}

/** Makes a name that the kernel gave read as `address`, its port kept. */
export function showAs(out: SocketName, address: string): void {
  out.address = address;
  out.family = address.includes(':') ? 'IPv6' : 'IPv4';
}
