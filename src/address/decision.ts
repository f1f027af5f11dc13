import type { V6OnlyError } from '../errors';

/** Which step of the decision an address was settled at; `explain()` prints it. */
export type DecisionStep =
  | 'rule'
  | 'any'
  | 'loopback'
  | 'host-address'
  | 'pool'
  | 'multicast'
  | 'route'
  | 'non-global'
  | 'nat64';

/** What an IPv4 address becomes. */
export type Decision =
  /** Left on IPv4; `address` is its IPv4-mapped form for a socket that is AF_INET6. */
  | { readonly kind: 'direct'; readonly step: DecisionStep; readonly address: string; readonly why: string }
  /** The kernel gets the IPv6 address `address`. */
  | { readonly kind: 'translate'; readonly step: DecisionStep; readonly address: string; readonly why: string }
  /** The call fails as it would over IPv4; `cause` says why. */
  | {
      readonly kind: 'refuse';
      readonly step: DecisionStep;
      readonly errno: 'ENETUNREACH' | 'EADDRNOTAVAIL' | 'EACCES';
      readonly cause: V6OnlyError;
      readonly why: string;
    }
  /** The NAT64 prefix is not known yet. */
  | { readonly kind: 'wait'; readonly step: 'nat64'; readonly why: string };

/** What the translator asks of the host that it runs on. Answers may be cached for a moment. */
export interface Kernel {
  /** Whether the routing table has an IPv4 route to `ipv4`. */
  hasRoute(ipv4: string): boolean;
  /** Whether `ipv4` is an address of this host, one that a socket could be bound to. */
  hasAddress(ipv4: string): boolean;
  /** Whether the host has an IPv4 address beyond the loopback. */
  hasIPv4(): boolean;
  /** The IPv6 addresses of the host, by interface. */
  interfaces(): readonly { interfaceName: string; address: string; internal: boolean }[];
}

/** Milliseconds for which a decision that rests on the routing table or on the host's addresses stands. */
export const DECISION_LIFETIME_MS = 1000;
