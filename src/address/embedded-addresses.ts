import { isIPv6 } from 'node:net';
import { integerToIPv4, ipv4ToInteger, isOnLink } from './ipv4';
import { parseIPv6 } from './ipv6';
import { ANSWER_LIFETIME_MS, type Kernel } from './kernel';
import { mappedIPv4 } from './mapped';
import type { Pool } from './pool';
import { Pref64 } from './pref64';
import { ipv4ScopeOf, mayEmbed } from './special-purpose';
import type { RulePrefix, TranslatorPolicy } from './translator-policy';

/**
 * The NAT64 prefixes, in the order in which to try them for a destination. Undefined until prefix discovery has
 * finished.
 */
export type PrefixSource = (ipv4?: number) => readonly Pref64[] | undefined;

type EmbeddingPolicy = Pick<TranslatorPolicy, 'mode' | 'loopback' | 'rulePrefixes'>;

/** Entries in the cache. A full cache is cleared: that is cheaper than an eviction order on the hot path. */
const CACHE_SIZE = 16_384;
/** A verdict on a peer. */
interface Verdict {
  readonly ipv4: string | undefined;
  /** A verdict about an address under a prefix depends on the addresses of this host, so it is valid for a moment. */
  readonly untilMs: number;
}
const ALWAYS = Number.POSITIVE_INFINITY;

/** IPv6 address → the IPv4 address that it embeds (RFC 6052 §2.3). */
export class EmbeddedAddresses {
  readonly #policy: EmbeddingPolicy;
  readonly #prefixes: PrefixSource;
  readonly #pool: Pool;
  readonly #kernel: Kernel;
  readonly #now: () => number;
  readonly #known = new Map<string, Verdict>();

  constructor(policy: EmbeddingPolicy, prefixes: PrefixSource, pool: Pool, kernel: Kernel, now: () => number) {
    this.#policy = policy;
    this.#prefixes = prefixes;
    this.#pool = pool;
    this.#kernel = kernel;
    this.#now = now;
  }

  /**
   * For the address of a peer. A peer chooses its own address, so this trusts only an IPv4-mapped address, one of this
   * host under the loopback prefix, and one under a NAT64 prefix in use that may carry the IPv4 address (RFC 6052
   * §3.1), or under the prefix of a rule that sends the IPv4 address there. Otherwise the result is never a loopback,
   * link-local or other address that no NAT64 translates, never a pool address, and never one of this host or its IPv4
   * networks, which come over IPv4.
   */
  ofPeer(ipv6: string): string | undefined {
    const known = this.#known.get(ipv6);
    if (known && (known.untilMs === ALWAYS || known.untilMs > this.#now())) return known.ipv4;
    let isUnderPrefix = false;
    const ipv4 = this.#extract(
      ipv6,
      this.#prefixesInUse(),
      (value, { prefix, carries }) => {
        isUnderPrefix = true;
        const may = mayEmbed(value, prefix) && carries(value) && !this.#pool.contains(value);
        return may && !isOnLink(value, this.#ownNetworks) && !this.#kernel.hasAddress(integerToIPv4(value));
      },
      () => {
        isUnderPrefix = true;
        return this.#kernel.hasIPv6Address(ipv6) || this.#kernel.isLocalByRoute(ipv6);
      },
    );
    if (this.#known.size >= CACHE_SIZE) this.#known.clear();
    this.#known.set(ipv6, { ipv4, untilMs: isUnderPrefix ? this.#now() + ANSWER_LIFETIME_MS : ALWAYS });
    return ipv4;
  }

  /**
   * For an address in a DNS answer. Every known prefix counts, the well-known one included (RFC 7050 §3), and so does
   * an IPv4 address that no connection can reach: a filter must judge the real target. Under the prefix of a rule an
   * address of the Internet counts only if the rule sends it there: it may be another host elsewhere.
   */
  ofAnswer(ipv6: string): string | undefined {
    const prefixes = [...this.#prefixesInUse(), inUse(Pref64.WELL_KNOWN)];
    return this.#extract(ipv6, prefixes, (value, { carries }) => ipv4ScopeOf(value) !== 'global' || carries(value));
  }

  /** Called when the prefixes have changed. */
  reset(): void {
    this.#known.clear();
  }

  #extract(
    ipv6: string,
    prefixes: readonly RulePrefix[],
    may: (value: number, prefix: RulePrefix) => boolean,
    isLoopback = () => true,
  ): string | undefined {
    const mapped = mappedIPv4(ipv6);
    if (mapped !== undefined) return mapped;
    if (ipv6.includes('%') || !isIPv6(ipv6)) return undefined;
    const octets = parseIPv6(ipv6);
    // The longest prefix decides, as for a route: a shorter one may contain it.
    let longest = 0;
    let found: string | undefined;
    for (const one of prefixes) {
      const { length } = one.prefix;
      const ipv4 = length < longest ? undefined : one.prefix.extractOctets(octets);
      if (ipv4 === undefined) continue;
      if (length > longest) found = undefined;
      longest = length;
      if (may(ipv4ToInteger(ipv4), one)) found ??= ipv4;
    }
    if (found !== undefined) return found;
    const { loopback } = this.#policy;
    const local = typeof loopback === 'object' ? loopback.extractOctets(octets) : undefined;
    return local !== undefined && isLoopback() ? local : undefined;
  }

  /** In mode `always` this host reaches its IPv4 neighbours through the NAT64, but its own addresses remain its own. */
  get #ownNetworks(): readonly { readonly cidr: string }[] {
    const own = this.#kernel.ipv4Interfaces();
    return this.#policy.mode !== 'always' ? own : own.map(({ address }) => ({ cidr: `${address}/32` }));
  }

  #prefixesInUse(): readonly RulePrefix[] {
    return [...(this.#prefixes() ?? []).map(inUse), ...this.#policy.rulePrefixes];
  }
}

/** A NAT64 prefix carries any destination that it may carry. */
const inUse = (prefix: Pref64): RulePrefix => ({ prefix, carries: () => true });
