import { followChain, negativeTtl, recordsAt } from './chain';
import { codeOfRcode, DnsError, isDnsError } from './dns-error';
import { IPV4ONLY } from './ipv4only';
import { queryFor, RCODE, type Upstream } from './types';

/** What the network says about ipv4only.arpa. No address: it has no DNS64. */
export interface DiscoveryAnswer {
  readonly addresses: readonly string[];
  /** Seconds that the answer holds, positive or negative; undefined where it does not say. */
  readonly ttlSeconds: number | undefined;
}

/**
 * Asks for the AAAA records of ipv4only.arpa once.
 * @param background nobody waits for it, so it must not keep the process alive
 * @throws when there is no answer that says yes or no
 */
export type DiscoveryQuery = (background: boolean) => Promise<DiscoveryAnswer>;

/**
 * Asks name servers: CD is not set, or a DNS64 would not synthesize (RFC 7050 §3). They must be the host's own, whatever
 * the program gave to `dns.setServers` (RFC 8880 §7.1).
 */
export function queryByDns(upstream: (background: boolean) => Upstream): DiscoveryQuery {
  return async (background) => {
    const message = await upstream(background).query(queryFor(IPV4ONLY, 'AAAA'));
    if (message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN) {
      throw new DnsError(codeOfRcode(message.rcode), 'AAAA', IPV4ONLY);
    }
    const { target, aliases } = followChain(IPV4ONLY, message.answers);
    const aaaa = recordsAt(target, 'AAAA', message.answers);
    const ttlSeconds = Math.min(...aliases.map((r) => r.ttl), ...aaaa.map((r) => r.ttl));
    if (aaaa.length === 0) return { addresses: [], ttlSeconds: negativeTtl(message) };
    return { addresses: aaaa.map((r) => r.data as string), ttlSeconds };
  };
}

/** `dns.promises.lookup` with `all`, as far as it is needed here. */
export type LookupAll = (name: string, options: { family: 6; all: true }) => Promise<readonly { address: string }[]>;

/**
 * Asks the operating system's resolver, which says nothing of TTLs. For hosts whose name servers are known to it alone.
 * @param lookup Node's own, not a patched one
 */
export function queryByLookup(lookup: LookupAll): DiscoveryQuery {
  return async () => {
    try {
      const found = await lookup(IPV4ONLY, { family: 6, all: true });
      // With hints that the system sets for itself, IPv4 addresses may come as ::ffff:192.0.0.170: no prefix either.
      return { addresses: found.map(({ address }) => address), ttlSeconds: undefined };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND') return { addresses: [], ttlSeconds: undefined };
      throw error;
    }
  };
}

/** The first query that gives an answer, in order. An error is that of the last. */
export function firstAnswer(...queries: readonly [DiscoveryQuery, ...DiscoveryQuery[]]): DiscoveryQuery {
  return async (background) => {
    let last: unknown;
    for (const query of queries) {
      try {
        return await query(background);
      } catch (error) {
        if (isDnsError(error) && error.code === 'ECANCELLED') throw error;
        last = error;
      }
    }
    throw last;
  };
}
