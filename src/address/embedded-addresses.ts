import { isIPv6 } from 'node:net';
import { ipv4ToInteger, isOnLink } from './ipv4';
import { type IPv6Octets, parseIPv6 } from './ipv6';
import type { Kernel } from './kernel';
import type { LoopbackPrefix } from './loopback-prefix';
import { mappedIPv4 } from './mapped';
import type { Pool } from './pool';
import { Pref64 } from './pref64';
import { mayEmbed } from './special-purpose';
import type { RulePrefix } from './translator-policy';

/**
 * The NAT64 prefixes, in the order in which to try them for a destination. Undefined until prefix discovery has
 * finished.
 */
export type PrefixSource = (ipv4?: number) => readonly Pref64[] | undefined;

interface EmbeddingPolicy {
  readonly mode: 'auto' | 'always' | 'off';
  readonly loopback: 'auto' | 'translate' | 'direct' | LoopbackPrefix;
  readonly rulePrefixes: readonly RulePrefix[];
}

/** Entries in the cache. A full cache is cleared: that is cheaper than an eviction order on the hot path. */
const CACHE_SIZE = 4096;
/** The cache entry of an IPv6 address that embeds no IPv4 address. Such addresses are looked up just as often. */
const NATIVE = '';

/** IPv6 address → the IPv4 address that it embeds (RFC 6052 §2.3). */
export class EmbeddedAddresses {
  readonly #policy: EmbeddingPolicy;
  readonly #prefixes: PrefixSource;
  readonly #pool: Pool;
  readonly #kernel: Kernel;
  readonly #known = new Map<string, string>();

  constructor(policy: EmbeddingPolicy, prefixes: PrefixSource, pool: Pool, kernel: Kernel) {
    this.#policy = policy;
    this.#prefixes = prefixes;
    this.#pool = pool;
    this.#kernel = kernel;
  }

  /**
   * For the address of a peer. A peer chooses its own address, so this trusts only an IPv4-mapped address, one under
   * the loopback prefix, and one under a NAT64 prefix in use that may carry the IPv4 address (RFC 6052 §3.1), or under
   * the prefix of a rule that sends the IPv4 address there. The result is never a loopback, link-local or other address that no NAT64 translates, never a pool address, and never one
   * of this host or its IPv4 networks, which come over IPv4.
   */
  ofPeer(ipv6: string): string | undefined {
    let ipv4 = this.#known.get(ipv6);
    if (ipv4 === undefined) {
      ipv4 = this.#extract(ipv6, this.#prefixesInUse(), (value, { prefix, carries }) => {
        const may = mayEmbed(value, prefix) && carries(value);
        return may && !this.#pool.contains(value) && !isOnLink(value, this.#ownNetworks);
      });
      if (this.#known.size >= CACHE_SIZE) this.#known.clear();
      this.#known.set(ipv6, ipv4 ?? NATIVE);
    }
    return ipv4 === NATIVE ? undefined : ipv4;
  }

  /**
   * For an address in a DNS answer. Every known prefix counts, the well-known one included (RFC 7050 §3), and so does
   * an IPv4 address that no connection can reach: a filter must judge the real target.
   */
  ofAnswer(ipv6: string): string | undefined {
    return this.#extract(ipv6, [...this.#prefixesInUse(), inUse(Pref64.WELL_KNOWN)], () => true);
  }

  /** Called when the prefixes have changed. */
  reset(): void {
    this.#known.clear();
  }

  #extract(
    ipv6: string,
    prefixes: readonly RulePrefix[],
    may: (value: number, prefix: RulePrefix) => boolean,
  ): string | undefined {
    const mapped = mappedIPv4(ipv6);
    if (mapped !== undefined) return mapped;
    if (ipv6.includes('%') || !isIPv6(ipv6)) return undefined;
    const octets = parseIPv6(ipv6);
    for (const one of prefixes) {
      const ipv4 = one.prefix.extractOctets(octets);
      if (ipv4 !== undefined && may(ipv4ToInteger(ipv4), one)) return ipv4;
    }
    return this.#loopbackPrefixed(octets);
  }

  /** In mode `always` this host reaches its IPv4 neighbours through the NAT64, but its own addresses remain its own. */
  get #ownNetworks(): readonly { readonly cidr: string }[] {
    const own = this.#kernel.ipv4Interfaces();
    return this.#policy.mode === 'auto' ? own : own.map(({ address }) => ({ cidr: `${address}/32` }));
  }

  #prefixesInUse(): readonly RulePrefix[] {
    return [...(this.#prefixes() ?? []).map(inUse), ...this.#policy.rulePrefixes];
  }

  #loopbackPrefixed(octets: IPv6Octets): string | undefined {
    const { loopback } = this.#policy;
    return typeof loopback === 'object' ? loopback.extractOctets(octets) : undefined;
  }
}

/** A NAT64 prefix carries any destination that it may carry. */
const inUse = (prefix: Pref64): RulePrefix => ({ prefix, carries: () => true });
