import type { V6OnlyError } from '../errors';
import type { InterfaceAddress } from './host-addresses';
import { MAPPED } from './mapped';

/** The step that decided, in the order in which the steps are tried. */
export type DecisionStep =
  /** The text is not an IPv4 address. Node.js handles it. */
  | 'not-ipv4'
  /** A rule of the policy, or of one of its presets, matches. */
  | 'rule'
  /** 0.0.0.0, as an address to bind to: `::` where no other machine reaches this host over IPv4 (`listen` of the policy). */
  | 'any'
  /** 127.0.0.0/8: stays on IPv4 if the host has it, else becomes `::1`, or an address of the policy's `loopback` prefix. */
  | 'loopback'
  /** An address of the synthetic pool that stands for an IPv6 address (RFC 6535). One that stands for none is refused. */
  | 'pool'
  /** A multicast group, or 255.255.255.255: becomes the IPv6 group of the same meaning. */
  | 'multicast'
  /** The kernel has an IPv4 route to the address, or the address itself: stays on IPv4. */
  | 'route'
  /** A host address of 192.0.0.0/29 (RFC 7335): becomes the IPv6 address of the interface that it stands for. */
  | 'host-address'
  /** An address that no NAT64 can reach, or that the well-known prefix must not carry (RFC 6052 §3.1): refused. */
  | 'non-global'
  /** Everything else: embedded in the NAT64 prefix (RFC 6052 §2.2). */
  | 'nat64';

/** What an IPv4 address becomes. `why` says it in a sentence. */
export type Decision =
  /** Left on IPv4. `address` is its IPv4-mapped form, which an AF_INET6 socket takes. */
  | { readonly kind: 'direct'; readonly step: DecisionStep; readonly address: string; readonly why: string }
  /** Translated: the kernel gets the IPv6 address `address`. */
  | { readonly kind: 'translate'; readonly step: DecisionStep; readonly address: string; readonly why: string }
  /** The call fails with `errno`, as it would over IPv4. `cause` says why. */
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
