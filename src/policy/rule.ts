import type { IPv4Range } from '../address/ipv4';
import type { MatchedRule, Protocol } from '../address/rules';

/** An inclusive range of ports. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** What a rule is for. */
export type Matcher =
  | { readonly kind: 'range'; readonly range: IPv4Range }
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'glob'; readonly glob: string };

/** One `match` of one rule, read and checked. */
export interface Rule {
  readonly matcher: Matcher;
  /** Undefined: all ports, and destinations whose port is not known. */
  readonly ports: readonly PortRange[] | undefined;
  readonly protocol: Protocol | undefined;
  readonly result: MatchedRule;
  /** The JSON pointer of its `match`. */
  readonly pointer: string;
  /** The preset it comes from. */
  readonly preset: string | undefined;
}
