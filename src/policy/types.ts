import type { Destination, MatchedRule } from '../address/destination';
import type { LoopbackPrefix } from '../address/loopback-prefix';
import type { Pref64 } from '../address/pref64';
import type { Rule } from './rule';

export type { Destination, MatchedRule, Protocol, RuleTarget } from '../address/destination';

/**
 * `auto`: what the kernel can send over IPv4 stays on IPv4, and the rest is translated. `always`: everything is translated,
 * except what a rule calls `direct`. `off`: nothing is patched.
 */
export type Mode = 'auto' | 'always' | 'off';

/** A validated policy: what the translator and the hooks read. */
export interface Policy {
  readonly mode: Mode;
  /** The NAT64 prefixes in order of preference, or `discover` (RFC 7050). */
  readonly nat64: 'discover' | readonly Pref64[];
  /** A prefix that 127.0.0.0/8 is embedded in, or how it is decided. */
  readonly loopback: 'auto' | 'translate' | 'direct' | LoopbackPrefix;
  /** The first rule that matches, or undefined. */
  readonly matchRule: ((destination: Destination) => MatchedRule | undefined) | undefined;
  /** How a native IPv6 peer of an IPv4 socket reads: as its IPv6 address, or as an address of the synthetic pool. */
  readonly peers: 'ipv6' | 'pool';
  /** What a socket on 0.0.0.0 hears; `auto`: IPv6 too, where no other machine can reach the host over IPv4. */
  readonly listen: 'auto' | 'ipv4' | 'both';
  /** The synthetic pool (RFC 6535 §2.4), CIDR; the second network, for hosts that are not global, is chosen where it is undefined. */
  readonly pool: { readonly network: string; readonly privateNetwork: string | undefined };
  /** IPv4 group → IPv6 group, before the built-in map. */
  readonly multicast: ReadonlyMap<string, string>;
  /** Whether Node.js processes that the program starts get the hook. */
  readonly children: boolean;
  /** What `matchRule` looks among, in order: for who wants to say why a rule does not match. */
  readonly rules: readonly Rule[];
  /**
   * IPv6 address → the one IPv4 address that a rule or preset sends there: such a peer reads as the address that was asked
   * for. Addresses that several IPv4 addresses are sent to are not in it.
   */
  readonly twins: ReadonlyMap<string, string>;
  /** The prefixes that rules embed in: addresses under them read as the IPv4 addresses that they embed. */
  readonly rulePrefixes: readonly Pref64[];
  readonly dns64: Dns64Policy;
  readonly log: 'silent' | 'warn' | 'summary' | 'debug';
}

/** What the resolver reads. */
export interface Dns64Policy {
  /** As dns.setServers takes them; undefined: those of the host. */
  readonly servers: readonly string[] | undefined;
  /** IPv6 networks (CIDR) that count as absent (RFC 6147 §5.1.4), besides ::ffff:0:0/96. */
  readonly exclude: readonly string[];
  /** Answers kept at most; 0: no cache. */
  readonly cacheEntries: number;
  /** Seconds after its TTL for which an answer may serve where no server responds (RFC 8767). */
  readonly staleSeconds: number;
  /** Milliseconds for one answer of one server; undefined: as resolv.conf says. */
  readonly timeoutMs: number | undefined;
  /** Rounds over the servers; undefined: as resolv.conf says. */
  readonly attempts: number | undefined;
  /** Milliseconds that a connect is held while the NAT64 prefix is being discovered. */
  readonly deadlineMs: number;
}
