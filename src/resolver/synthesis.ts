import { type Dns64Config, isExcluded, prefixesFor } from './dns64-config';

/** Seconds. The longest TTL of a synthesized record if the negative AAAA answer has no SOA (RFC 6147 §5.1.7). */
const TTL_WITHOUT_SOA_SECONDS = 600;

/** An address of an answer. */
export interface TimedAddress {
  readonly address: string;
  /** Seconds. Absent if the source does not report one, like getaddrinfo. */
  readonly ttl?: number | undefined;
}

/** The known addresses of a name. */
export interface Sources<A extends TimedAddress> {
  /**
   * From the AAAA answer. Empty also for an error other than NXDOMAIN, and for a missing answer (RFC 6147 §5.1.2,
   * §5.1.3).
   */
  readonly aaaa: readonly A[];
  /** From the A answer. Undefined until it was queried. */
  readonly a?: readonly A[] | undefined;
  /** Seconds for which the empty AAAA answer is valid (RFC 2308 §5). Undefined without an SOA. */
  readonly negativeTtlSeconds?: number | undefined;
}

/** An address synthesized from an A record. */
export interface SynthesizedAddress<A> {
  readonly address: string;
  readonly ttl: number;
  readonly from: A;
}

/** A DNS64's answer for AAAA. */
export type AaaaAnswer<A> =
  /** The name's own addresses, without those of excluded networks. */
  | { readonly kind: 'native'; readonly addresses: readonly A[] }
  /** The A records decide: query them, and call again. */
  | { readonly kind: 'ask-a' }
  | { readonly kind: 'synthesized'; readonly addresses: readonly SynthesizedAddress<A>[] }
  /** There are no native and no synthesized addresses. */
  | { readonly kind: 'none' };

/**
 * The decision and the synthesis of a DNS64 (RFC 6147 §5.1.1, §5.1.4, §5.1.6, §5.1.7), for every caller that answers
 * AAAA: the server, `dns.resolve6`, `dns.lookup`. A pure function that loads only address code. The caller handles
 * NXDOMAIN, which is final (§5.1.2).
 */
export function answerAaaa<A extends TimedAddress>(sources: Sources<A>, config: Dns64Config): AaaaAnswer<A> {
  // §5.1.4: addresses in an excluded network count as absent. If others remain, only these are left out.
  const native = sources.aaaa.filter(({ address }) => !isExcluded(address, config));
  if (native.length > 0) return { kind: 'native', addresses: native };
  if (!canSynthesize(config)) return { kind: 'none' };
  if (sources.a === undefined) return { kind: 'ask-a' };
  const addresses = synthesize(sources.a, sources.negativeTtlSeconds, config);
  return addresses.length > 0 ? { kind: 'synthesized', addresses } : { kind: 'none' };
}

/** Whether an A record could be synthesized at all. */
function canSynthesize({ prefixes, ranges }: Dns64Config): boolean {
  return prefixes.length > 0 || ranges.some((range) => range.prefixes.length > 0);
}

/**
 * One address for each A record and each prefix that may carry it, in the order of the A records. The result depends
 * only on the IPv4 address and the prefix (RFC 6147 §5.2).
 */
function synthesize<A extends TimedAddress>(
  a: readonly A[],
  negativeTtlSeconds: number | undefined,
  config: Dns64Config,
): SynthesizedAddress<A>[] {
  const limit = negativeTtlSeconds ?? TTL_WITHOUT_SOA_SECONDS;
  return a.flatMap((from) =>
    prefixesFor(from.address, config).map((prefix) => ({
      address: prefix.embed(from.address),
      // §5.1.7: the smaller of the two.
      ttl: Math.min(from.ttl ?? limit, limit),
      from,
    })),
  );
}
