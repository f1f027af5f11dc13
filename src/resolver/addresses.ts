import { isIPv4, isIPv6 } from 'node:net';
import type { Pref64 } from '../address/pref64';
import { canonicalName, isSubdomain } from './name';
import type { ResourceRecord } from './types';

/** An address of a name. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
  /** Seconds. */
  readonly ttl: number;
  /** Whether this is an IPv6 address that stands for an IPv4 address, synthesized here or by the network's DNS64. */
  readonly synthesized: boolean;
  /** The IPv4 address for which a synthesized address stands. */
  readonly ipv4?: string;
}

/** AAAA records as addresses. Those under a NAT64 prefix are marked as synthesized. */
export function fromAaaa(records: readonly ResourceRecord[], prefixes: readonly Pref64[]): ResolvedAddress[] {
  return records.map(({ data, ttl }) => {
    const address = data as string;
    const ipv4 = extractFrom(address, prefixes);
    return { address, family: 6, ttl, synthesized: ipv4 !== undefined, ...(ipv4 === undefined ? {} : { ipv4 }) };
  });
}

export function fromA(records: readonly ResourceRecord[]): ResolvedAddress[] {
  return records.map(({ data, ttl }) => ({ address: data as string, family: 4, ttl, synthesized: false }));
}

/** The IPv4 addresses for which synthesized addresses stand, without duplicates. Native addresses are omitted. */
export function embeddedAddresses(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
  const found = new Map<string, ResolvedAddress>();
  for (const { ipv4, ttl } of addresses) {
    if (ipv4 !== undefined) found.set(ipv4, { address: ipv4, family: 4, ttl, synthesized: false });
  }
  return [...found.values()];
}

function extractFrom(ipv6: string, prefixes: readonly Pref64[]): string | undefined {
  for (const prefix of prefixes) {
    const ipv4 = prefix.extract(ipv6);
    if (ipv4 !== undefined) return ipv4;
  }
  return undefined;
}

/**
 * The addresses of names that need no name server: literal addresses, and `localhost`, for which no query may be sent
 * (RFC 6761 §6.3).
 */
export function addressesWithoutQuery(name: string, family: 0 | 4 | 6): readonly ResolvedAddress[] | undefined {
  const one = (address: string, own: 4 | 6) => ({ address, family: own, ttl: 0, synthesized: false });
  if (isIPv4(name)) return [one(name, 4)];
  if (isIPv6(name)) return [one(name, 6)];
  if (canonicalName(name) !== 'localhost' && !isSubdomain(name, 'localhost')) return undefined;
  return [...(family === 4 ? [] : [one('::1', 6)]), ...(family === 6 ? [] : [one('127.0.0.1', 4)])];
}

/** The smallest TTL of the addresses, in seconds. */
export function leastTtl(addresses: readonly ResolvedAddress[]): number {
  return Math.min(...addresses.map(({ ttl }) => ttl));
}
