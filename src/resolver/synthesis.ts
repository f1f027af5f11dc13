import { type Dns64Config, isExcluded, prefixesFor } from './dns64-config';

/** Seconds, the most that a synthesized record may live where the negative AAAA answer came without SOA (RFC 6147 §5.1.7). */
const TTL_WITHOUT_SOA_SECONDS = 600;

/** An address of an answer. */
export interface TimedAddress {
  readonly address: string;
  /** Seconds; absent where whoever answered does not say, as getaddrinfo. */
  readonly ttl?: number | undefined;
}

/** What the name has, as far as it has been asked for. */
export interface Sources<A extends TimedAddress> {
  /** Of the AAAA answer. None also for an error other than NXDOMAIN, and for silence (RFC 6147 §5.1.2, §5.1.3). */
  readonly aaaa: readonly A[];
  /** Of the A answer; undefined while nobody has asked. */
  readonly a?: readonly A[] | undefined;
  /** Seconds that the empty AAAA answer holds (RFC 2308 §5); undefined where it came without an SOA. */
  readonly negativeTtlSeconds?: number | undefined;
}

/** An address that was made of an A record. */
export interface SynthesizedAddress<A> {
  readonly address: string;
  readonly ttl: number;
  readonly from: A;
}

/** What a DNS64 answers for AAAA. */
export type AaaaAnswer<A> =
  /** The name's own addresses, without those of excluded networks. */
  | { readonly kind: 'native'; readonly addresses: readonly A[] }
  /** It depends on the A records: ask for them, and decide again. */
  | { readonly kind: 'ask-a' }
  | { readonly kind: 'synthesized'; readonly addresses: readonly SynthesizedAddress<A>[] }
  /** Neither: no AAAA record for this name. */
  | { readonly kind: 'none' };

/**
 * The decision and the synthesis of a DNS64 (RFC 6147 §5.1.1, §5.1.4, §5.1.6, §5.1.7), for everybody who answers for AAAA:
 * the server, `dns.resolve6`, `dns.lookup`. Pure, and it loads nothing but addresses. NXDOMAIN is the caller's: it is
 * final (§5.1.2).
 */
export function answerAaaa<A extends TimedAddress>(sources: Sources<A>, config: Dns64Config): AaaaAnswer<A> {
  // §5.1.4: what is in an excluded network counts as absent; where there are others, too, only those are left out.
  const native = sources.aaaa.filter(({ address }) => !isExcluded(address, config));
  if (native.length > 0) return { kind: 'native', addresses: native };
  if (!canSynthesize(config)) return { kind: 'none' };
  if (sources.a === undefined) return { kind: 'ask-a' };
  const addresses = synthesize(sources.a, sources.negativeTtlSeconds, config);
  return addresses.length > 0 ? { kind: 'synthesized', addresses } : { kind: 'none' };
}

/** Whether any A record could help. */
function canSynthesize({ prefixes, ranges }: Dns64Config): boolean {
  return prefixes.length > 0 || ranges.some((range) => range.prefixes.length > 0);
}

/**
 * An address for every A record and every prefix that is right for it, in the order of the A records, from the IPv4
 * address and the prefix alone (RFC 6147 §5.2).
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
      // §5.1.7: the smaller one.
      ttl: Math.min(from.ttl ?? limit, limit),
      from,
    })),
  );
}
