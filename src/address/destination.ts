import type { Pref64 } from './pref64';

/** The transport of a socket, as rules match it. */
export type Protocol = 'tcp' | 'udp';

/** The destination that the rules are matched against. */
export interface Destination {
  /** An IPv4 address as an unsigned 32-bit integer. */
  readonly ipv4?: number | undefined;
  /** The host name that the program gave, if it gave one. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly protocol?: Protocol | undefined;
}

/** Where a rule sends the destinations that it matches. */
export type RuleTarget =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'prefix'; readonly prefix: Pref64 }
  | { readonly kind: 'direct' | 'refuse' | 'nat64' }
  /** To the native IPv6 addresses of the name, if it has any. */
  | { readonly kind: 'native' };

export interface MatchedRule {
  readonly target: RuleTarget;
  /** As `explain` names it: `rules[2] (10.0.0.0/8)` or `preset aws (169.254.169.254)`. */
  readonly name: string;
}
