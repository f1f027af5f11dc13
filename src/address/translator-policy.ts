import type { Destination, MatchedRule } from './destination';
import type { LoopbackPrefix } from './loopback-prefix';
import type { Pref64 } from './pref64';

/**
 * A prefix in which rules embed addresses. The program sees an address under it as the embedded IPv4 address, if a rule
 * sends that IPv4 address there.
 */
export interface RulePrefix {
  readonly prefix: Pref64;
  readonly carries: (ipv4: number) => boolean;
}

/** The part of a policy that decides addresses. */
export interface TranslatorPolicy {
  readonly mode: 'auto' | 'always' | 'off';
  /** The prefix in which 127.0.0.0/8 is embedded, or the way to decide. */
  readonly loopback: 'auto' | 'translate' | 'direct' | LoopbackPrefix;
  /** Which peers a socket on 0.0.0.0 accepts. `auto`: IPv6 too if no other machine can reach the host over IPv4. */
  readonly listen: 'auto' | 'ipv4' | 'both';
  /** The first rule that matches, or undefined. */
  readonly matchRule: ((destination: Destination) => MatchedRule | undefined) | undefined;
  /** IPv4 group → IPv6 group. Overrides the built-in map. */
  readonly multicast: ReadonlyMap<string, string>;
  readonly rulePrefixes: readonly RulePrefix[];
  /**
   * IPv6 address → the one IPv4 address that a rule or preset sends to it: the program sees such a peer at the address
   * that it asked for. An IPv6 address to which rules send several IPv4 addresses is not included.
   */
  readonly twins: ReadonlyMap<string, string>;
}
