import { isIPv4 } from 'node:net';
import { V6OnlyError } from '../report/errors';

/** `'192.0.2.33'` as an unsigned 32-bit integer, `0xc0000221`. `net.isIPv4` must accept the text. */
export function ipv4ToInteger(text: string): number {
  let value = 0;
  let octet = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x2e /* . */) {
      value = value * 256 + octet;
      octet = 0;
    } else octet = octet * 10 + c - 0x30;
  }
  return value * 256 + octet;
}

/** The dotted text of an unsigned 32-bit integer. */
export function integerToIPv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** An IPv4 network in CIDR notation as an inclusive range of integers. */
export interface IPv4Range {
  readonly first: number;
  readonly last: number;
}

/**
 * Parses `'192.0.2.0/24'`, or a single address as a /32.
 * @throws V6OnlyError V6ONLY_INVALID_ADDRESS if the text is neither, or has bits set beyond its length.
 */
export function parseIPv4Range(text: string): IPv4Range {
  const [address = '', length, ...rest] = text.split('/');
  const bits = length === undefined ? 32 : /^\d{1,2}$/.test(length) ? Number(length) : -1;
  if (!isIPv4(address) || rest.length > 0 || bits < 0 || bits > 32) {
    throw new V6OnlyError(
      'V6ONLY_INVALID_ADDRESS',
      `"${text}" is not an IPv4 address or network`,
      'Write it as 192.0.2.1 or 192.0.2.0/24',
    );
  }
  const network = networkOf(text);
  if (network.first !== ipv4ToInteger(address)) {
    throw new V6OnlyError(
      'V6ONLY_INVALID_ADDRESS',
      `"${text}" has bits set beyond its length`,
      `The network is ${integerToIPv4(network.first)}/${bits}`,
    );
  }
  return network;
}

/** The network of an address with a length: `192.0.2.7/24` lies in 192.0.2.0/24. */
export function networkOf(cidr: string): IPv4Range {
  const [address = '', length = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(length));
  const value = ipv4ToInteger(address);
  const first = value - (value % size);
  return { first, last: first + size - 1 };
}

export function isInRange(value: number, { first, last }: IPv4Range): boolean {
  return value >= first && value <= last;
}

/** Whether `value` (an unsigned 32-bit integer) is in the network of one of these addresses, as `10.0.0.1/8`. */
export function isOnLink(value: number, addresses: readonly { readonly cidr: string }[]): boolean {
  return addresses.some(({ cidr }) => isInRange(value, networkOf(cidr)));
}
