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
  readonly loopback: 'auto' | 'translate' | 'direct' | LoopbackPrefix;
  /** Which peers a listener on 0.0.0.0 accepts. `auto`: IPv6 too if no other machine can reach the host over IPv4. */
  readonly listen: 'auto' | 'ipv4' | 'both';
  readonly matchRule: ((destination: Destination) => MatchedRule | undefined) | undefined;
  readonly multicast: ReadonlyMap<string, string>;
  readonly rulePrefixes: readonly RulePrefix[];
  /** IPv6 address → the IPv4 address that a rule sends there. */
  readonly twins: ReadonlyMap<string, string>;
}
