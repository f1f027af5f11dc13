import type { V6OnlyError } from '../errors';
import { monotonicMs } from './clock';
import { DECISION_LIFETIME_MS, type Decision, type DecisionStep, type Kernel } from './decision';
import { HostAddresses } from './host-addresses';
import { ipv4ToInteger } from './ipv4';
import { parseIPv6 } from './ipv6';
import type { LoopbackPrefix } from './loopback-prefix';
import { MAPPED, mappedIPv4 } from './mapped';
import { ALL_NODES, ipv6GroupOf } from './multicast';
import type { Pool } from './pool';
import { Pref64 } from './pref64';
import { neverTranslated, noPrefix, noSuchAddress, notInPool, notUnderWellKnown, refusedByPolicy } from './refusals';
import type { Destination, MatchedRule, Protocol } from './rules';
import { isHostLocal, mayEmbed, specialPurposeOf } from './special-purpose';

/** The part of a policy that decides addresses. */
export interface TranslatorPolicy {
  readonly mode: 'auto' | 'always' | 'off';
  readonly loopback: 'auto' | 'translate' | 'direct' | LoopbackPrefix;
  readonly matchRule: ((destination: Destination) => MatchedRule | undefined) | undefined;
  readonly multicast: ReadonlyMap<string, string>;
  /** Prefixes that rules embed in: addresses under them read as the IPv4 addresses that they embed. */
  readonly rulePrefixes: readonly Pref64[];
  /** IPv6 address → the IPv4 address that a rule sends there. */
  readonly twins: ReadonlyMap<string, string>;
}

/** What is known of a destination besides its address. */
export interface DestinationContext {
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly protocol?: Protocol | undefined;
}

/** The NAT64 prefixes, in the order in which to try them for a destination; undefined while discovery has not answered yet. */
export type PrefixSource = (ipv4?: number) => readonly Pref64[] | undefined;

/** Entries kept in each cache. A cache that is full starts anew: cheaper than keeping order on the hot path. */
const CACHE_SIZE = 4096;

const TRANSLATED_ANY = '::';
const IPV6_LOOPBACK = '::1';
/** No IPv4 address: in the cache, for an IPv6 address that embeds none. */
const NATIVE = '';

/**
 * Policy, prefixes and the kernel's routes → what an IPv4 address becomes, and back. One ordered decision, the first step
 * that applies. Does no I/O of its own: the kernel and the prefixes are passed in.
 */
export class Translator {
  readonly #policy: TranslatorPolicy;
  readonly #kernel: Kernel;
  readonly #prefixes: PrefixSource;
  readonly #pool: Pool;
  readonly #now: () => number;
  readonly #destinations = new Map<string, { decision: Decision; untilMs: number }>();
  /** The way back; NATIVE for addresses that embed none, which are asked for as often. */
  readonly #back = new Map<string, string>();
  #hosts: { addresses: HostAddresses; untilMs: number } | undefined;

  constructor(policy: TranslatorPolicy, kernel: Kernel, prefixes: PrefixSource, pool: Pool, now = monotonicMs) {
    this.#policy = policy;
    this.#kernel = kernel;
    this.#prefixes = prefixes;
    this.#pool = pool;
    this.#now = now;
  }

  /** What an IPv4 destination becomes. */
  destination(ipv4: string, context: DestinationContext = {}): Decision {
    const { matchRule } = this.#policy;
    const key = matchRule ? `${ipv4}|${context.port}|${context.protocol}|${context.host}` : ipv4;
    const now = this.#now();
    const cached = this.#destinations.get(key);
    if (cached !== undefined && cached.untilMs > now) return cached.decision;
    const decision = this.#decide(ipv4, matchRule?.({ ...definedOf(context), ipv4: ipv4ToInteger(ipv4) }));
    if (this.#destinations.size >= CACHE_SIZE) this.#destinations.clear();
    // An address of the pool may come to stand for another one at any moment.
    const lasts = decision.kind !== 'wait' && decision.step !== 'pool';
    if (lasts) this.#destinations.set(key, { decision, untilMs: now + DECISION_LIFETIME_MS });
    return decision;
  }

  /** What an IPv4 address becomes that a socket is to be bound to. `ephemeral`: a UDP socket that only needs some port. */
  local(ipv4: string, ephemeral = false): Decision {
    const value = ipv4ToInteger(ipv4);
    if (value === 0) {
      // A listener stays on IPv4 where people can reach it there: it is never opened to others (over IPv6) than before.
      const stays = ephemeral ? this.#kernel.hasRoute(GENERAL_DESTINATION) : this.#kernel.hasIPv4();
      if (this.#policy.mode === 'auto' && stays) return direct('any', ipv4, 'the host has IPv4 of its own');
      return translate('any', TRANSLATED_ANY, 'the host has no IPv4 beyond the loopback');
    }
    if (value >>> 24 === 127) return this.#loopback(ipv4);
    const known = this.#standIn(ipv4);
    if (known) return known;
    const special = specialPurposeOf(value);
    // Any group can be bound, also where no datagram to it could come.
    if (special?.kind === 'multicast' && !this.leavesIPv4Alone)
      return translate('multicast', this.group(ipv4), `${special.name} group`);
    if (this.#policy.mode === 'auto' && this.#kernel.hasAddress(ipv4)) {
      return direct('route', ipv4, 'it is an IPv4 address of this host');
    }
    const prefix = this.#prefixFor(value);
    // Only an address that is on an interface can be bound, so this mostly fails with EADDRNOTAVAIL, as over IPv4.
    if (prefix) return translate('nat64', prefix.embedInteger(value), `embedded in ${prefix}`);
    return refuse('host-address', 'EADDRNOTAVAIL', noSuchAddress(ipv4));
  }

  /** Whether this is a host with IPv4 of its own, on which `mode: auto` is as if it were not there. */
  get leavesIPv4Alone(): boolean {
    return this.#policy.mode === 'auto' && this.#kernel.hasIPv4();
  }

  /** The IPv6 group that stands for an IPv4 group. */
  group(ipv4: string): string {
    return this.#policy.multicast.get(ipv4) ?? ipv6GroupOf(ipv4);
  }

  /**
   * The way back: the IPv4 address that an IPv6 address of the kernel stands for, or undefined where it is a native one
   * without an entry in the pool.
   */
  toIPv4(ipv6: string): string | undefined {
    return this.embedded(ipv6) ?? this.#policy.twins.get(ipv6) ?? this.#ownAddress(ipv6) ?? this.#pool.find(ipv6);
  }

  /** The IPv4 address in an IPv4-mapped or an IPv4-embedded IPv6 address, or undefined. */
  embedded(ipv6: string): string | undefined {
    let ipv4 = this.#back.get(ipv6);
    if (ipv4 === undefined) {
      ipv4 = this.#extract(ipv6) ?? NATIVE;
      if (this.#back.size >= CACHE_SIZE) this.#back.clear();
      this.#back.set(ipv6, ipv4);
    }
    return ipv4 === NATIVE ? undefined : ipv4;
  }

  #extract(ipv6: string): string | undefined {
    const mapped = mappedIPv4(ipv6);
    if (mapped !== undefined) return mapped;
    if (ipv6.includes('%')) return undefined;
    const octets = parseIPv6(ipv6);
    for (const prefix of [...(this.#prefixes() ?? []), ...this.#policy.rulePrefixes]) {
      const ipv4 = prefix.extractOctets(octets);
      if (ipv4 !== undefined) return ipv4;
    }
    // RFC 7050 §3: the well-known prefix, when seen, counts as learned.
    const ipv4 = Pref64.WELL_KNOWN.extractOctets(octets);
    if (ipv4 !== undefined) return ipv4;
    const { loopback } = this.#policy;
    return typeof loopback === 'object' ? loopback.extractOctets(octets) : undefined;
  }

  /** The IPv4-embedded IPv6 address to answer with for an A record (RFC 6147 §5.1.7), or undefined where none may be made. */
  synthesize(ipv4: string): string | undefined {
    const value = ipv4ToInteger(ipv4);
    return this.#prefixFor(value)?.embedInteger(value);
  }

  /**
   * How one of this host's own IPv6 addresses reads to an IPv4 program: never as IPv6, since a program that looks at its own
   * IPv4 socket means to find an IPv4 address there.
   */
  localToIPv4(ipv6: string): string {
    return this.toIPv4(ipv6) ?? this.hosts.first ?? '0.0.0.0';
  }

  /** The host addresses of 192.0.0.0/29 (RFC 7335), read anew when they are older than a second. */
  get hosts(): HostAddresses {
    const now = this.#now();
    if (this.#hosts === undefined || this.#hosts.untilMs <= now) {
      const addresses = new HostAddresses(this.#kernel.interfaces(), (ipv6) => this.embedded(ipv6) !== undefined);
      this.#hosts = { addresses, untilMs: now + DECISION_LIFETIME_MS };
    }
    return this.#hosts.addresses;
  }

  /** Forgets what was decided: the prefixes or the network changed. */
  reset(): void {
    this.#destinations.clear();
    this.#back.clear();
    this.#hosts = undefined;
  }

  #decide(ipv4: string, rule: MatchedRule | undefined): Decision {
    const value = ipv4ToInteger(ipv4);
    if (rule) {
      const { target, name } = rule;
      if (target.kind === 'address') return translate('rule', target.address, name);
      if (target.kind === 'prefix') return translate('rule', target.prefix.embedInteger(value), name);
      if (target.kind === 'direct') return direct('rule', ipv4, name);
      if (target.kind === 'refuse') return refuse('rule', 'EACCES', refusedByPolicy(ipv4, name));
      return this.#nat64(ipv4, value);
    }
    // The kernel reads a destination of 0.0.0.0 as the loopback.
    if (value === 0) return this.#loopback('127.0.0.1');
    if (value >>> 24 === 127) return this.#loopback(ipv4);
    const known = this.#standIn(ipv4);
    if (known) return known;
    const auto = this.#policy.mode === 'auto';
    const special = specialPurposeOf(value);
    if (special?.kind === 'multicast' || special?.kind === 'broadcast') {
      if (auto && this.#kernel.hasIPv4()) return direct('route', ipv4, 'the host has IPv4 of its own');
      const group = special.kind === 'broadcast' ? ALL_NODES : this.group(ipv4);
      return translate('multicast', group, `${special.name} → the IPv6 group of the same meaning`);
    }
    if (auto && this.#kernel.hasRoute(ipv4)) return direct('route', ipv4, 'the kernel has an IPv4 route to it');
    // RFC 6535 §2.1: a destination inside the pool without an entry must not be mapped.
    if (this.#pool.contains(value)) return refuse('pool', 'ENETUNREACH', notInPool(ipv4));
    return this.#nat64(ipv4, value);
  }

  #loopback(ipv4: string): Decision {
    const { loopback, mode } = this.#policy;
    if (typeof loopback === 'object') return translate('loopback', loopback.embed(ipv4), `embedded in ${loopback}`);
    if (loopback === 'direct') return direct('loopback', ipv4, 'loopback: direct');
    if (loopback === 'auto' && mode === 'auto' && this.#kernel.hasRoute(ipv4)) {
      return direct('loopback', ipv4, 'the host has 127.0.0.0/8 on its loopback');
    }
    return translate('loopback', IPV6_LOOPBACK, 'the IPv6 loopback');
  }

  /** Addresses that stand for one IPv6 address: the host's own, and those of the pool. */
  #standIn(ipv4: string): Decision | undefined {
    if (ipv4.startsWith('192.0.0.')) {
      const host = this.hosts.toIPv6(ipv4);
      if (host !== undefined) return translate('host-address', host, 'it stands for an IPv6 address of this host');
    }
    const pooled = this.#pool.contains(ipv4) ? this.#pool.toIPv6(ipv4) : undefined;
    return pooled === undefined ? undefined : translate('pool', pooled, 'it stands for this IPv6 address');
  }

  #nat64(ipv4: string, value: number): Decision {
    const prefixes = this.#prefixes();
    if (prefixes === undefined) return { kind: 'wait', step: 'nat64', why: 'the NAT64 prefix is not known yet' };
    const special = specialPurposeOf(value);
    if (special && isHostLocal(value)) {
      return refuse('non-global', 'ENETUNREACH', neverTranslated(ipv4, special.name, special.rfc));
    }
    if (prefixes.length === 0) return refuse('nat64', 'ENETUNREACH', noPrefix(ipv4));
    const prefix = this.#prefixFor(value);
    if (!prefix)
      return refuse('non-global', 'ENETUNREACH', notUnderWellKnown(ipv4, special?.name ?? '', special?.rfc ?? ''));
    return translate('nat64', prefix.embedInteger(value), `embedded in ${prefix}`);
  }

  /** The first prefix that may carry the address: the well-known one must not carry private addresses (RFC 6052 §3.1). */
  #prefixFor(value: number): Pref64 | undefined {
    // Before discovery has answered, the well-known prefix is as good a guess as there is.
    const prefixes = this.#prefixes(value) ?? [Pref64.WELL_KNOWN];
    return prefixes.find((prefix) => mayEmbed(value, prefix));
  }

  #ownAddress(ipv6: string): string | undefined {
    if (ipv6 === IPV6_LOOPBACK) return '127.0.0.1';
    if (ipv6 === TRANSLATED_ANY) return '0.0.0.0';
    return this.hosts.toIPv4(ipv6);
  }
}

/** Any address of the Internet will do to ask for a general route; this one is a root name server's (RFC 7535 AS112). */
const GENERAL_DESTINATION = '192.175.48.1';

function definedOf(context: DestinationContext): Destination {
  const { port, host, protocol } = context;
  return {
    ...(port !== undefined && { port }),
    ...(host !== undefined && { host }),
    ...(protocol !== undefined && { protocol }),
  };
}

const direct = (step: DecisionStep, ipv4: string, why: string): Decision => ({
  kind: 'direct',
  step,
  address: MAPPED + ipv4,
  why,
});
const translate = (step: DecisionStep, address: string, why: string): Decision => ({
  kind: 'translate',
  step,
  address,
  why,
});
const refuse = (
  step: DecisionStep,
  errno: 'ENETUNREACH' | 'EADDRNOTAVAIL' | 'EACCES',
  cause: V6OnlyError,
): Decision => ({
  kind: 'refuse',
  step,
  errno,
  cause,
  why: cause.message,
});
