import type { InterfaceAddress } from './host-addresses';

/** Milliseconds for which an answer of the routing table or of the host's addresses holds, and a decision that rests on it. */
export const ANSWER_LIFETIME_MS = 1000;

/**
 * What is asked of the host. Each answer holds for a moment (`ANSWER_LIFETIME_MS`). Where a question cannot be asked for
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
