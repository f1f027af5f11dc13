import type { LoopbackPrefix } from '../address/loopback-prefix';
import type { Pref64 } from '../address/pref64';
import type { Destination, MatchedRule } from '../address/rules';

export type { Destination, MatchedRule, Protocol, RuleTarget } from '../address/rules';

/**
 * - `auto`: what the kernel can send over IPv4 stays on IPv4; the rest is translated
 * - `always`: everything is translated but what a rule calls `direct`
 * - `off`: nothing is patched
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
  /** The synthetic pool (RFC 6535 §2.4), CIDR. */
  readonly pool: string;
  /** IPv4 group → IPv6 group, before the built-in map. */
  readonly multicast: ReadonlyMap<string, string>;
  /** Whether Node.js processes that the program starts get the hook. */
  readonly children: boolean;
}
