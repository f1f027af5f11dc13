import type { V6OnlyError } from '../report/errors';
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
