import { isIPv4, isIPv6 } from 'node:net';
import { parseIPv6 } from '../address/ipv6';
import { embeddedUnder, type Pref64 } from '../address/pref64';
import { canonicalName, isSubdomain } from './name';
import type { ResourceRecord } from './types';

/** An address of a name. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
  /** Seconds. */
  readonly ttl: number;
  /** The IPv4 address for which an IPv6 address stands, synthesized here or by the network's DNS64. */
  readonly ipv4?: string | undefined;
}

/** AAAA records as addresses. Those under a NAT64 prefix stand for an IPv4 address. */
export function fromAaaa(records: readonly ResourceRecord[], prefixes: readonly Pref64[]): ResolvedAddress[] {
  return records.map(({ data, ttl }) => {
    const address = data as string;
    return { address, family: 6, ttl, ipv4: embeddedUnder(parseIPv6(address), prefixes) };
  });
}

export function fromA(records: readonly ResourceRecord[]): ResolvedAddress[] {
  return records.map(({ data, ttl }) => ({ address: data as string, family: 4, ttl }));
}

/** The IPv4 addresses for which synthesized addresses stand, without duplicates. Native addresses are omitted. */
export function embeddedAddresses(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
  const found = new Map<string, ResolvedAddress>();
  for (const { ipv4, ttl } of addresses) {
    if (ipv4 !== undefined) found.set(ipv4, { address: ipv4, family: 4, ttl });
  }
  return [...found.values()];
}

/**
 * The addresses of names that need no name server: literal addresses, and `localhost`, for which no query may be sent
 * (RFC 6761 §6.3).
 */
export function addressesWithoutQuery(name: string, family: 0 | 4 | 6): readonly ResolvedAddress[] | undefined {
  const one = (address: string, own: 4 | 6) => ({ address, family: own, ttl: 0 });
  if (isIPv4(name)) return [one(name, 4)];
  if (isIPv6(name)) return [one(name, 6)];
  if (canonicalName(name) !== 'localhost' && !isSubdomain(name, 'localhost')) return undefined;
  return [...(family === 4 ? [] : [one('::1', 6)]), ...(family === 6 ? [] : [one('127.0.0.1', 4)])];
}
