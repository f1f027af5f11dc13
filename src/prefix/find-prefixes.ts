import { type IPv6Octets, parseIPv6 } from '../address/ipv6';
import { distinct, PREFIX_LENGTHS, Pref64 } from '../address/pref64';
import { WELL_KNOWN_IPV4 } from '../resolver/ipv4only';

/** A well-known address found in an AAAA record, and the prefix that results. */
interface Candidate {
  readonly prefix: Pref64;
  readonly wellKnown: string;
}

/**
 * The NAT64 prefixes in the AAAA records of ipv4only.arpa, in the order received, without duplicates (RFC 7050 §3). A
 * pure function.
 *
 * A prefix that occurs with both well-known addresses is certain. Otherwise an address counts only if it contains a
 * well-known address exactly once: the prefix itself may contain the same octets.
 */
export function findPrefixes(addresses: readonly string[]): Pref64[] {
  const candidates = addresses.map((address) => candidatesIn(parseIPv6(address)));
  const all = candidates.flat();
  const certain = all.filter(({ prefix }) =>
    WELL_KNOWN_IPV4.every((ip) => all.some((c) => c.wellKnown === ip && String(c.prefix) === String(prefix))),
  );
  const found = certain.length > 0 ? certain : candidates.flatMap(unambiguous);
  return distinct(found.map(({ prefix }) => prefix));
}

/** A candidate for every valid position (RFC 6052 §2.2) at which a well-known address is found. */
function candidatesIn(octets: IPv6Octets): Candidate[] {
  return PREFIX_LENGTHS.flatMap((length) => {
    const prefix = Pref64.startOf(octets, length);
    const ipv4 = prefix?.extractOctets(octets);
    const wellKnown = WELL_KNOWN_IPV4.find((address) => address === ipv4);
    return prefix === undefined || wellKnown === undefined ? [] : [{ prefix, wellKnown }];
  });
}

/** RFC 7050 §3: the first well-known address must occur exactly once, otherwise the second must. */
function unambiguous(candidates: readonly Candidate[]): Candidate[] {
  for (const address of WELL_KNOWN_IPV4) {
    const hits = candidates.filter(({ wellKnown }) => wellKnown === address);
    if (hits.length === 1) return hits;
  }
  return [];
}
