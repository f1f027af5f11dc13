import { isIPv4 } from 'node:net';
import { byRoute, type Decision, direct, embedIn, refuse, type Translated, translate } from './decision';
import type { Destination, MatchedRule, Protocol } from './destination';
import { EmbeddedAddresses, type PrefixSource } from './embedded-addresses';
import type { HostAddresses } from './host-addresses';
import { ipv4ToInteger } from './ipv4';
import { ANSWER_LIFETIME_MS, type Kernel } from './kernel';
import { loopbackDecision } from './loopback';
import { monotonicMs } from './monotonic-clock';
import { ALL_HOSTS, ALL_NODES, ipv6GroupOf } from './multicast';
import { OwnAddresses } from './own-addresses';
import type { Pool } from './pool';
import { Pref64 } from './pref64';
import {
  neverTranslated,
  noPrefix,
  noSuchAddress,
  notInPool,
  notShown,
  notUnderWellKnown,
  refusedByPolicy,
} from './refusals';
import { isHostLocal, mayEmbed, specialPurposeOf } from './special-purpose';
import type { TranslatorPolicy } from './translator-policy';
import { Twins } from './twins';

/** What else is known about a destination. */
export type DestinationContext = Omit<Destination, 'ipv4'>;

/** Entries in each cache. A full cache is cleared: that is cheaper than an eviction order on the hot path. */
const CACHE_SIZE = 16_384;

const TRANSLATED_ANY = '::';

/**
 * Decides from the policy, the prefixes and the kernel's routes what an IPv4 address becomes, and translates back. One
 * ordered list of steps: the first that applies decides. Does no I/O: the kernel and the prefixes are passed in.
 */
export class Translator {
  readonly #policy: TranslatorPolicy;
  readonly #kernel: Kernel;
  readonly #prefixes: PrefixSource;
  readonly #pool: Pool;
  readonly #now: () => number;
  readonly #destinations = new Map<string, { decision: Decision; untilMs: number }>();
  readonly #embedded: EmbeddedAddresses;
  readonly #twins: Twins;
  readonly #own: OwnAddresses;

  constructor(policy: TranslatorPolicy, kernel: Kernel, prefixes: PrefixSource, pool: Pool, now = monotonicMs) {
    this.#policy = policy;
    this.#kernel = kernel;
    this.#prefixes = prefixes;
    this.#pool = pool;
    this.#twins = new Twins(policy, kernel, pool);
    this.#embedded = new EmbeddedAddresses(policy, prefixes, pool, kernel, now);
    this.#now = now;
    this.#own = new OwnAddresses({
      // With a general IPv4 route the host's own IPv4 addresses suffice.
      interfaces: () => (this.hasGeneralRoute() ? [] : kernel.interfaces()),
      ipv4: () => (this.#isAuto ? kernel.ipv4Interfaces().map(({ address }) => address) : []),
      isTranslated: (ipv6) => this.embedded(ipv6) !== undefined,
      now,
    });
  }

  /** What an IPv4 destination becomes. `direct` if the text is not an IPv4 address: Node handles it. */
  destination(ipv4: string, context: DestinationContext = NO_CONTEXT): Decision {
    const { matchRule } = this.#policy;
    const key = matchRule ? `${ipv4}|${context.port}|${context.protocol}|${context.host}` : ipv4;
    const now = this.#now();
    const cached = this.#destinations.get(key);
    if (cached !== undefined && cached.untilMs > now) return cached.decision;
    const decision = isIPv4(ipv4) ? this.#decide(ipv4, context) : direct('not-ipv4', ipv4, 'it is not an IPv4 address');
    if (this.#destinations.size >= CACHE_SIZE) this.#destinations.clear();
    // A pool address may be reassigned, and a host address shown, at any moment.
    const lasts = decision.kind !== 'wait' && decision.step !== 'pool' && decision.step !== 'host-address';
    if (lasts) this.#destinations.set(key, { decision, untilMs: now + ANSWER_LIFETIME_MS });
    return decision;
  }

  /**
   * What an IPv4 address becomes that a socket is to be bound to.
   * @param isClient the socket is bound in order to connect, and never listens
   */
  local(ipv4: string, protocol: Protocol = 'tcp', isClient = false): Decision {
    if (!isIPv4(ipv4)) return direct('not-ipv4', ipv4, 'it is not an IPv4 address');
    const value = ipv4ToInteger(ipv4);
    if (value === 0) return this.#wildcard(ipv4, protocol, isClient);
    if (value >>> 24 === 127) return loopbackDecision(ipv4, this.#policy, this.#kernel);
    const special = specialPurposeOf(value);
    // The kernel binds to any group, even to one that never receives a datagram. To TCP a group means nothing: the
    // kernel chooses a client's source address, and a listener receives no connection.
    if (special?.kind === 'multicast') {
      const why = `${special.name} group`;
      if (protocol === 'tcp') return isClient ? this.#wildcard(ipv4, protocol, true) : direct('multicast', ipv4, why);
      if (this.#isAuto && this.#kernel.hasIPv4Sockets()) return direct('multicast', ipv4, why);
      return translate('multicast', this.group(ipv4), why);
    }
    if (this.#isAuto && this.#kernel.hasAddress(ipv4))
      return direct('route', ipv4, 'it is an IPv4 address of this host');
    // The kernel then reports what it reports natively, and leaves the socket in the same state.
    if (this.hasGeneralRoute() && !this.#own.isShown(ipv4))
      return direct('route', ipv4, 'the host has a general IPv4 route');
    const host = this.#own.toIPv6(ipv4);
    if (host !== undefined) {
      this.#own.show(ipv4);
      return translate('host-address', host, 'it stands for an IPv6 address of this host');
    }
    const prefix = this.#prefixFor(value);
    // Only an address of an interface can be bound, so this usually fails with EADDRNOTAVAIL, as over IPv4.
    if (prefix) return embedIn(prefix, value);
    return refuse('host-address', 'EADDRNOTAVAIL', noSuchAddress(ipv4));
  }

  /**
   * Whether a listener on 0.0.0.0 also accepts IPv6 peers of other hosts. Not if another machine can reach this host
   * over IPv4: a port that was open to a VPN only must not become open to the Internet.
   */
  opensToIPv6(): boolean {
    if (!this.#isAuto) return true;
    const { listen } = this.#policy;
    return listen === 'auto' ? !this.#kernel.hasIPv4Neighbours() : listen === 'both';
  }

  /** Whether the host needs no translation: IPv4 has a route to the Internet, and names resolve as natively. */
  hasGeneralRoute(): boolean {
    return this.#isAuto && this.#kernel.hasGeneralRoute();
  }

  /** The IPv6 group that stands for an IPv4 group. */
  group(ipv4: string): string {
    return this.#policy.multicast.get(ipv4) ?? ipv6GroupOf(ipv4);
  }

  /**
   * The reverse translation: the IPv4 address that the program sees for a peer at `ipv6`, or undefined if it sees the
   * IPv6 address. A peer chooses its own address, so the result must not claim a scope that the peer does not have.
   */
  toIPv4(ipv6: string): string | undefined {
    return this.embedded(ipv6) ?? this.#twins.of(ipv6) ?? this.#own.toIPv4(ipv6) ?? this.#pool.find(ipv6);
  }

  /** The IPv4 address that a peer's address embeds (see `EmbeddedAddresses`). */
  embedded(ipv6: string): string | undefined {
    return this.#embedded.ofPeer(ipv6);
  }

  /** The IPv4 address that an address of a DNS answer embeds (see `EmbeddedAddresses`). */
  embeddedIPv4(ipv6: string): string | undefined {
    return this.#embedded.ofAnswer(ipv6);
  }

  /**
   * The IPv4 address to return for an IPv6 address of a DNS answer when the program asks for IPv4: the one that it
   * embeds, the one by which programs know it, or one of the synthetic pool (RFC 6535 §2.3). Undefined if none may
   * stand for it, or the pool is full. `ttlSeconds` is that of the answer.
   */
  answerIPv4(ipv6: string, ttlSeconds?: number): string | undefined {
    const known = this.embeddedIPv4(ipv6) ?? this.#twins.ofAnswer(ipv6);
    if (known !== undefined) return known;
    const own = this.#own.toIPv4(ipv6);
    if (own === undefined) return this.#pool.assign(ipv6, ttlSeconds);
    // A name of this host resolves to this host, as it does natively.
    this.#own.show(own);
    return own;
  }

  /** The ways to an IPv4 destination through the NAT64, one for each allowed prefix, in order (RFC 7050 §3). */
  nat64Ways(ipv4: string): readonly Translated[] {
    const value = ipv4ToInteger(ipv4);
    const prefixes = this.#pool.contains(value) ? [] : (this.#prefixes(value) ?? []);
    return prefixes.filter((prefix) => mayEmbed(value, prefix)).map((prefix) => embedIn(prefix, value));
  }

  /**
   * The IPv4 address that an IPv4 program sees for one of this host's own IPv6 addresses. Never IPv6: a program that
   * reads the local address of its IPv4 socket expects an IPv4 address.
   */
  localToIPv4(ipv6: string): string {
    if (ipv6 === TRANSLATED_ANY) return '0.0.0.0';
    const ipv4 = this.toIPv4(ipv6) ?? this.hosts.first ?? this.#kernel.generalSource() ?? '0.0.0.0';
    this.#own.show(ipv4);
    return ipv4;
  }

  /** The host addresses of 192.0.0.0/29 (RFC 7335). */
  get hosts(): HostAddresses {
    return this.#own.hosts;
  }

  /** Whether the program sees host addresses: not if another machine can reach an IPv4 address of the host. */
  showsHostAddresses(): boolean {
    return !this.hasGeneralRoute() && !(this.#isAuto && this.#kernel.hasIPv4Neighbours());
  }

  /** The host addresses, to be shown to the program. From now on they are valid destinations too. */
  showHosts(): HostAddresses {
    for (const ipv4 of this.hosts.all) this.#own.show(ipv4);
    return this.hosts;
  }

  /** The kernel has just reported that a route is missing, so remembered answers and decisions are out of date. */
  forgetRoutes(): void {
    this.#kernel.forgetRoutes();
    this.reset();
  }

  /** Forgets all decisions. Called when the prefixes or the network have changed. */
  reset(): void {
    this.#destinations.clear();
    this.#embedded.reset();
    this.#own.reset();
  }

  /** In mode `off` nothing is patched, and `explain` says what mode `auto` would do. */
  get #isAuto(): boolean {
    return this.#policy.mode !== 'always';
  }

  #decide(ipv4: string, { port, host, protocol }: DestinationContext): Decision {
    const value = ipv4ToInteger(ipv4);
    const rule = this.#policy.matchRule?.({ ipv4: value, port, host, protocol });
    const byRule = rule && this.#byRule(ipv4, value, rule);
    if (byRule) return byRule;
    // The kernel treats a destination of 0.0.0.0 as the loopback.
    if (value === 0) return loopbackDecision('127.0.0.1', this.#policy, this.#kernel);
    if (value >>> 24 === 127) return loopbackDecision(ipv4, this.#policy, this.#kernel);
    const pooled = this.#pool.toIPv6(ipv4);
    if (pooled !== undefined) return translate('pool', pooled, 'it stands for this IPv6 address');
    const special = specialPurposeOf(value);
    if (special?.kind === 'multicast' || special?.kind === 'broadcast') {
      const [group, asked] = special.kind === 'broadcast' ? [ALL_NODES, ALL_HOSTS] : [this.group(ipv4), ipv4];
      if (this.#isAuto && this.#kernel.hasRoute(asked)) return byRoute(ipv4);
      return translate('multicast', group, `${special.name} → the equivalent IPv6 group`);
    }
    if (this.#isAuto && this.#kernel.hasRoute(ipv4)) {
      this.#pool.leaveOut(value);
      return byRoute(ipv4);
    }
    const own = this.#own.toIPv6(ipv4);
    if (own !== undefined) {
      if (this.#own.isShown(ipv4)) return translate('host-address', own, 'it stands for an IPv6 address of this host');
      return refuse('host-address', 'ENETUNREACH', notShown(ipv4));
    }
    const decision = this.#nat64(ipv4, value);
    // RFC 6535 §2.1: a destination in the pool without an entry must not be mapped, unless v6only took the network of a
    // real host for the pool.
    const isReal = decision.kind !== 'refuse' && this.#pool.leaveOut(value, decision.kind === 'translate');
    return isReal || !this.#pool.contains(value) ? decision : refuse('pool', 'ENETUNREACH', notInPool(ipv4));
  }

  /** `native` concerns names: the look-up has assigned a pool address. Other addresses follow the next steps. */
  #byRule(ipv4: string, value: number, { target, name }: MatchedRule): Decision | undefined {
    if (target.kind === 'address') return translate('rule', target.address, name);
    if (target.kind === 'prefix') return translate('rule', target.prefix.embedInteger(value), name);
    if (target.kind === 'direct') return direct('rule', ipv4, name);
    if (target.kind === 'refuse') return refuse('rule', 'EACCES', refusedByPolicy(ipv4, name));
    return target.kind === 'native' ? undefined : this.#nat64(ipv4, value);
  }

  #wildcard(ipv4: string, protocol: Protocol, isClient: boolean): Decision {
    if (!this.#isAuto) return translate('any', TRANSLATED_ANY, 'mode always');
    // A udp4 socket remains an IPv4 socket and gets a second socket for IPv6.
    const any = (stays: boolean, why: string) =>
      stays ? direct('any', ipv4, why) : translate('any', TRANSLATED_ANY, why);
    const has = (one: boolean, a: string, what: string) => any(one, `the host has ${one ? a : 'no'} ${what}`);
    if (protocol === 'udp') return has(this.#kernel.hasIPv4Sockets(), 'an', 'IPv4 address');
    if (isClient) return has(this.hasGeneralRoute(), 'a', 'general IPv4 route');
    const opens = this.opensToIPv6();
    const { listen } = this.#policy;
    const reach = `${opens ? 'no other machine' : 'other machines'} can reach this host over IPv4`;
    const why = listen === 'auto' ? reach : `"listen": "${listen}" in the policy`;
    return any(!opens, why);
  }

  #nat64(ipv4: string, value: number): Decision {
    const prefixes = this.#prefixes();
    if (prefixes === undefined) return { kind: 'wait', step: 'nat64', why: 'the NAT64 prefix is not known yet' };
    const special = specialPurposeOf(value);
    if (special && isHostLocal(value)) {
      return refuse('non-global', 'ENETUNREACH', neverTranslated(ipv4, special.name, special.rfc));
    }
    const prefix = this.#prefixFor(value);
    if (prefix) return embedIn(prefix, value);
    // A prefix may carry any address but some special ones.
    return special && prefixes.length > 0
      ? refuse('non-global', 'ENETUNREACH', notUnderWellKnown(ipv4, special.name, special.rfc))
      : refuse('nat64', 'ENETUNREACH', noPrefix(ipv4));
  }

  /** The first prefix that may carry the address. */
  #prefixFor(value: number): Pref64 | undefined {
    // Until discovery has finished, the well-known prefix is the best guess.
    const prefixes = this.#prefixes(value) ?? [Pref64.WELL_KNOWN];
    return prefixes.find((prefix) => mayEmbed(value, prefix));
  }
}

const NO_CONTEXT: DestinationContext = { port: undefined, host: undefined, protocol: undefined };
