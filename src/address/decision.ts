import type { V6OnlyError } from '../errors';
import type { InterfaceAddress } from './host-addresses';
import { MAPPED } from './mapped';

/** Which step of the decision an address was settled at; `explain()` prints it. */
export type DecisionStep =
  | 'not-ipv4'
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

export const direct = (step: DecisionStep, ipv4: string, why: string): Extract<Decision, { kind: 'direct' }> => ({
  kind: 'direct',
  step,
  address: MAPPED + ipv4,
  why,
});
export const translate = (
  step: DecisionStep,
  address: string,
  why: string,
): Extract<Decision, { kind: 'translate' }> => ({
  kind: 'translate',
  step,
  address,
  why,
});
export const refuse = (
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

/**
 * What is asked of the host. Each answer holds for a moment (`DECISION_LIFETIME_MS`). Where a question cannot be asked for
 * want of descriptors or memory, the last answer holds, else what leaves the program's calls as they are.
 */
export interface Kernel {
  /** Whether there is an IPv4 route to `ipv4`, from the address `source` where one is given. */
  hasRoute(ipv4: string, source?: string): boolean;
  /** Whether there is an IPv4 route to any address of the Internet. */
  hasGeneralRoute(): boolean;
  /** The address from which the kernel would send to `ipv4` over IPv4; undefined where there is no route. */
  routeSource(ipv4: string): string | undefined;
  /** Whether the IPv4 route to `ipv4` is that of a CLAT (RFC 6877), which leads through the same NAT64. */
  isThroughClat(ipv4: string): boolean;
  /** Whether a socket could be bound to `ipv4`. */
  hasAddress(ipv4: string): boolean;
  /** Whether the host has any IPv4 address (127.0.0.1 counts) and lets AF_INET sockets be made. */
  hasIPv4Sockets(): boolean;
  /** Whether the host has an IPv4 address at which another machine could reach it. */
  hasIPv4Neighbours(): boolean;
  /** The IPv6 addresses of the host, by interface. */
  interfaces(): readonly InterfaceAddress[];
  /** The IPv4 addresses of the host, by interface; `cidr` has the length of their network. */
  ipv4Interfaces(): readonly (InterfaceAddress & { readonly cidr: string })[];
  /** The kernel has just said of a route that it is not there: what was remembered of routes is out of date. */
  forgetRoutes(): void;
  /** The network answered a connect to `ipv4` with "network unreachable", and another way worked: the route leads nowhere. */
  deniedByNetwork(ipv4: string): void;
  /** The general route leads nowhere: it counts as absent until addresses or routes change, ten minutes at most. */
  routeIsDead(): void;
  /** Whether something has come over the general route: then it is not asked for any more what `isUnproven` says. */
  hasAnswered(): boolean;
  /** Whether the general route leads to `ipv4`, and nothing has come from beyond the link to show that it leads anywhere. */
  isUnproven(ipv4: string): boolean;
  /** `ipv4` answered over IPv4. */
  connectedOver(ipv4: string): void;
}

/** Milliseconds for which a decision that rests on the routing table or on the host's addresses stands. */
export const DECISION_LIFETIME_MS = 1000;
