import { isIPv6 } from 'node:net';
import { V6OnlyError } from '../report/errors';
import { integerToIPv4, ipv4ToInteger } from './ipv4';

/** Loaded only when the first IPv6 address has to be parsed. Many programs never need it. */
let ipaddr: typeof import('ipaddr.js') | undefined;
function ipv6Class(): typeof import('ipaddr.js').IPv6 {
  ipaddr ??= require('ipaddr.js') as typeof import('ipaddr.js');
  return ipaddr.IPv6;
}

/** The 16 octets of an IPv6 address. A zone (`%eth0`) is not part of them. */
export type IPv6Octets = Uint8Array;

/**
 * Parses any text form of RFC 4291 §2.2. A zone is ignored.
 * @throws V6OnlyError V6ONLY_INVALID_ADDRESS
 */
export function parseIPv6(text: string): IPv6Octets {
  // net.isIPv6 comes first because ipaddr.js accepts forms that Node does not.
  if (!isIPv6(text)) throw new V6OnlyError('V6ONLY_INVALID_ADDRESS', `"${text}" is not an IPv6 address`);
  const zone = text.indexOf('%');
  return Uint8Array.from(
    ipv6Class()
      .parse(withoutDots(zone < 0 ? text : text.slice(0, zone)))
      .toByteArray(),
  );
}

/**
 * `::1.2.3.4` as `::102:304`. Without this, ipaddr.js reads mixed notation without `ffff` as an IPv4-mapped address.
 */
function withoutDots(text: string): string {
  if (!text.includes('.')) return text;
  const start = text.lastIndexOf(':') + 1;
  const value = ipv4ToInteger(text.slice(start));
  return `${text.slice(0, start)}${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
}

/** The canonical text of RFC 5952, as Node and libuv print it: IPv4-mapped addresses have mixed notation (§5). */
export function formatIPv6(octets: IPv6Octets): string {
  const text = new (ipv6Class())(Array.from(octets)).toRFC5952String();
  if (!/^::ffff:[0-9a-f]+:[0-9a-f]+$/.test(text)) return text;
  return `::ffff:${integerToIPv4(readUint32(octets, 12))}`;
}

/** The canonical text (RFC 5952) of an IPv6 address, with its zone. */
export function canonicalIPv6(text: string): string {
  const zone = text.indexOf('%');
  return formatIPv6(parseIPv6(text)) + (zone < 0 ? '' : text.slice(zone));
}

/**
 * The text by which the kernel is asked for an address in any form of RFC 4291 §2.2: canonical, with a zone only where a
 * zone has a meaning.
 */
export function kernelIPv6(text: string): string {
  // Most callers pass these two already in canonical form, so no parsing is needed.
  if (text === '::' || text === '::1') return text;
  const canonical = canonicalIPv6(text);
  return isLinkLocal(canonical) || isGroupOfLink(canonical) ? canonical : canonical.replace(/%.*/, '');
}

/** Whether an address is link-local: fe80::/10 (RFC 4291 §2.5.6). */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][\da-f]:/i.test(address);
}

/** Whether a group does not reach beyond the link: scopes 1 and 2 of RFC 4291 §2.7. */
export function isGroupOfLink(group: string): boolean {
  return /^ff[\da-f][12]:/i.test(group);
}

/** Whether an address may begin with a zero group in any spelling. Most do not, and a regular expression costs more. */
export function mayBeginWithZero(address: string): boolean {
  const first = address.charCodeAt(0);
  return first === ZERO || first === COLON;
}
const ZERO = 48;
const COLON = 58;

/**
 * Whether an IPv6 address, in any spelling, is the loopback or the unspecified address. The kernel connects both to
 * this host.
 */
export function isLoopbackIPv6(address: string): boolean {
  return mayBeginWithZero(address) && /^[0:]+1?(?:%|$)/.test(address);
}

/** Whether an IPv6 address, in any spelling, is the unspecified one. */
export function isAnyIPv6(address: string): boolean {
  return /^[0:]+(?:%|$)/.test(address);
}

/** Whether the first `length` bits of both addresses are the same. */
export function sharesPrefix(a: IPv6Octets, b: IPv6Octets, length: number): boolean {
  const whole = length >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = length & 7;
  return rest === 0 || ((a[whole] as number) ^ (b[whole] as number)) >> (8 - rest) === 0;
}

/** Whether one network contains the other. Two networks overlap in no other way. */
export function overlap(a: IPv6Network, b: IPv6Network): boolean {
  return sharesPrefix(a.octets, b.octets, Math.min(a.length, b.length));
}

/** An IPv6 network in CIDR notation. */
export interface IPv6Network {
  readonly octets: IPv6Octets;
  readonly length: number;
}

/** Whether an address is in one of the networks. */
export function isInNetworks(octets: IPv6Octets, networks: readonly IPv6Network[]): boolean {
  return networks.some((network) => sharesPrefix(octets, network.octets, network.length));
}

/**
 * Parses `'2001:db8::/32'`, or a single address as a /128.
 * @throws V6OnlyError V6ONLY_INVALID_ADDRESS if the text is neither, or has bits set beyond its length.
 */
export function parseIPv6Network(text: string): IPv6Network {
  const [address = '', lengthText, ...rest] = text.split('/');
  const length = lengthText === undefined ? 128 : /^\d{1,3}$/.test(lengthText) ? Number(lengthText) : -1;
  if (!isIPv6(address) || address.includes('%') || rest.length > 0 || length < 0 || length > 128) {
    throw new V6OnlyError('V6ONLY_INVALID_ADDRESS', `"${text}" is not an IPv6 network`, 'Write it as 2001:db8::/32');
  }
  const octets = parseIPv6(address);
  if (hasBitsBeyond(octets, length)) {
    throw new V6OnlyError('V6ONLY_INVALID_ADDRESS', `"${text}" has bits set beyond its length of ${length}`);
  }
  return { octets, length };
}

/** Whether a bit after the first `length` is set. */
export function hasBitsBeyond(octets: IPv6Octets, length: number): boolean {
  for (let bit = length; bit < 128; bit++) {
    if (((octets[bit >> 3] as number) >> (7 - (bit & 7))) & 1) return true;
  }
  return false;
}

export function readUint32(octets: IPv6Octets, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = octets.subarray(at, at + 4);
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}
