import type { InterfaceAddress } from './host-addresses';
import type { IPv4Range } from './ipv4';

/**
 * Any Internet address will do to ask for a general route. This one belongs to AS112 (RFC 7535) and is not a host's
 * address.
 */
export const GENERAL_DESTINATION = '192.175.48.1';

/** Milliseconds for which an answer about routes or addresses of the host is valid, and a decision made from it. */
export const ANSWER_LIFETIME_MS = 1000;

/**
 * Questions about the host. Each answer is valid for a moment (`ANSWER_LIFETIME_MS`). If descriptors or memory run out,
 * a question cannot be asked. Then the last answer stays valid, or, without one, the answer that leaves the program's
 * calls unchanged.
 */
export interface Kernel {
  /** Whether there is an IPv4 route to `ipv4`, from the address `source` if it is given. */
  hasRoute(ipv4: string, source?: string): boolean;
  /** Whether there is a general route: an IPv4 route to any address of the Internet. */
  hasGeneralRoute(): boolean;
  /** The address from which the kernel would send to `ipv4` over IPv4. Undefined without a route. */
  routeSource(ipv4: string): string | undefined;
  /** The same for the Internet: the IPv4 address by which other hosts know this one. */
  generalSource(): string | undefined;
  /** The IPv4 networks with a route of their own, as far as the system lists them. */
  routedNetworks(): readonly IPv4Range[];
  /** Whether there is an IPv4 route to `ipv4` other than the default route. */
  hasOwnRoute(ipv4: string): boolean;
  /** Whether the IPv4 route to `ipv4` belongs to a CLAT (RFC 6877), and so leads through the same NAT64. */
  isThroughClat(ipv4: string): boolean;
  /** Whether `ipv4` is an address of the host: of an interface, by a local route, or a broadcast address. */
  hasAddress(ipv4: string): boolean;
  /** Whether the host has any IPv4 address (127.0.0.1 counts) and allows AF_INET sockets. */
  hasIPv4Sockets(): boolean;
  /** Whether the host has an IPv4 address at which another machine could reach it. */
  hasIPv4Neighbours(): boolean;
  /** The IPv6 addresses of the host, by interface. */
  interfaces(): readonly InterfaceAddress[];
  /** Whether an interface of the host has this IPv6 address. */
  hasIPv6Address(address: string): boolean;
  /** Whether a route makes this IPv6 address the host's own, as AnyIP does for a whole network. */
  isLocalByRoute(address: string): boolean;
  /** Whether the IPv6 address is in a network of this host, so that it is a neighbour's. */
  isIPv6Neighbour(address: string): boolean;
  /** The IPv4 addresses of the host, by interface; `cidr` has the length of their network. */
  ipv4Interfaces(): readonly (InterfaceAddress & { readonly cidr: string })[];
  /** The kernel has just reported that a route is missing, so the remembered answers about routes are out of date. */
  forgetRoutes(): void;
}
