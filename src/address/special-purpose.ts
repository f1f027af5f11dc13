import { isIPv4 } from 'node:net';
import { type IPv4Range, ipv4ToInteger, parseIPv4Range } from './ipv4';
import type { IPv6Scope } from './ipv6-scope';

/** A block of the IANA IPv4 Special-Purpose Address Registry (RFC 6890 and its successors), or of multicast. */
export interface SpecialPurposeRange extends IPv4Range {
  readonly network: string;
  readonly name: string;
  readonly kind: SpecialPurposeKind;
  readonly rfc: string;
}

/**
 * - `this-host`: 0.0.0.0/8, "this network"
 * - `loopback`, `link-local`, `multicast`, `broadcast`: do not leave the host or the link as unicast
 * - `private`: 10/8, 172.16/12, 192.168/16 and the shared 100.64/10
 * - `protocol`: 192.0.0.0/24, IETF protocol assignments
 * - `reserved`: documentation, benchmarking and 240/4. They are not global, but test networks use them.
 */
export type SpecialPurposeKind =
  | 'this-host'
  | 'loopback'
  | 'link-local'
  | 'multicast'
  | 'broadcast'
  | 'private'
  | 'protocol'
  | 'reserved';

const range = (network: string, name: string, kind: SpecialPurposeKind, rfc: string): SpecialPurposeRange => ({
  ...parseIPv4Range(network),
  network,
  name,
  kind,
  rfc,
});

/** Where blocks overlap, the most specific comes first. */
export const SPECIAL_PURPOSE: readonly SpecialPurposeRange[] = [
  range('255.255.255.255/32', 'limited broadcast', 'broadcast', 'RFC 8190'),
  range('0.0.0.0/8', 'this network', 'this-host', 'RFC 791 §3.2'),
  range('127.0.0.0/8', 'loopback', 'loopback', 'RFC 1122 §3.2.1.3'),
  range('169.254.0.0/16', 'link-local', 'link-local', 'RFC 3927'),
  range('224.0.0.0/4', 'multicast', 'multicast', 'RFC 5771'),
  range('10.0.0.0/8', 'private use', 'private', 'RFC 1918'),
  range('172.16.0.0/12', 'private use', 'private', 'RFC 1918'),
  range('192.168.0.0/16', 'private use', 'private', 'RFC 1918'),
  range('100.64.0.0/10', 'shared address space', 'private', 'RFC 6598'),
  range('192.0.0.0/24', 'IETF protocol assignments', 'protocol', 'RFC 6890 §2.1'),
  range('192.0.2.0/24', 'documentation (TEST-NET-1)', 'reserved', 'RFC 5737'),
  range('198.51.100.0/24', 'documentation (TEST-NET-2)', 'reserved', 'RFC 5737'),
  range('203.0.113.0/24', 'documentation (TEST-NET-3)', 'reserved', 'RFC 5737'),
  range('198.18.0.0/15', 'benchmarking', 'reserved', 'RFC 2544'),
  range('240.0.0.0/4', 'reserved for future use', 'reserved', 'RFC 1112 §4'),
];

/** The special-purpose block that contains `value` (an unsigned 32-bit integer). Undefined for an ordinary address. */
export function specialPurposeOf(value: number): SpecialPurposeRange | undefined {
  for (const block of SPECIAL_PURPOSE) if (value >= block.first && value <= block.last) return block;
  return undefined;
}

/**
 * How far an IPv4 address reaches, in the terms of `ipv6ScopeOf`. Reserved addresses count as global: the synthetic pool
 * and test networks use them.
 */
export function ipv4ScopeOf(value: number): IPv6Scope {
  const kind = specialPurposeOf(value)?.kind;
  if (kind === undefined || kind === 'reserved') return 'global';
  return kind === 'private' ? 'private' : 'none';
}

/** Whether an address has no meaning beyond its host, link or protocol, so that no NAT64 translates it (RFC 6890). */
export function isHostLocal(value: number): boolean {
  return ipv4ScopeOf(value) === 'none';
}

/**
 * Whether a NAT64 prefix may carry an IPv4 address. The well-known one must not carry private addresses (RFC 6052
 * §3.1).
 */
export function mayEmbed(value: number, prefix: { readonly isWellKnown: boolean }): boolean {
  if (isHostLocal(value)) return false;
  return !(prefix.isWellKnown && specialPurposeOf(value)?.kind === 'private');
}

/** Whether a text is the address of an IPv4 group (RFC 5771). */
export function isMulticast(address = ''): boolean {
  return isIPv4(address) && specialPurposeOf(ipv4ToInteger(address))?.kind === 'multicast';
}
