import type { V6OnlyError } from '../report/errors';
import { MAPPED } from './mapped';
import type { Pref64 } from './pref64';

/** The step that decided. The steps are listed in the order in which the translator tries them. */
export type DecisionStep =
  /** The text is not an IPv4 address. Node.js handles it. */
  | 'not-ipv4'
  /** A rule of the policy, or of one of its presets, matches. */
  | 'rule'
  /**
   * 0.0.0.0 as an address to bind to: becomes `::` if no other machine can reach this host over IPv4 (`listen` of the
   * policy).
   */
  | 'any'
  /**
   * 127.0.0.0/8: stays on IPv4 if the host has it. Else it becomes `::1`, or an address of the policy's `loopback`
   * prefix.
   */
  | 'loopback'
  /**
   * An address of the synthetic pool: becomes the IPv6 address that it stands for (RFC 6535). An unassigned one is
   * refused.
   */
  | 'pool'
  /** A multicast group, or 255.255.255.255: becomes the equivalent IPv6 group. */
  | 'multicast'
  /** The kernel has an IPv4 route to the address, or the host has the address itself: stays on IPv4. */
  | 'route'
  /** A host address of 192.0.0.0/29 (RFC 7335): becomes the IPv6 address of the interface that it represents. */
  | 'host-address'
  /** An address that no NAT64 can reach, or that the well-known prefix must not carry (RFC 6052 §3.1): refused. */
  | 'non-global'
  /** Everything else: embedded in the NAT64 prefix (RFC 6052 §2.2). */
  | 'nat64';

/** What an IPv4 address becomes. `why` gives the reason in a sentence. */
export type Decision =
  /** Stays on IPv4. `address` is its IPv4-mapped form, which an AF_INET6 socket accepts. */
  | { readonly kind: 'direct'; readonly step: DecisionStep; readonly address: string; readonly why: string }
  /** Translated: the kernel gets the IPv6 address `address`. */
  | { readonly kind: 'translate'; readonly step: DecisionStep; readonly address: string; readonly why: string }
  /** The call fails with `errno`, as it would over IPv4. `cause` gives the reason. */
  | {
      readonly kind: 'refuse';
      readonly step: DecisionStep;
      readonly errno: 'ENETUNREACH' | 'EADDRNOTAVAIL' | 'EACCES';
      readonly cause: V6OnlyError;
      readonly why: string;
    }
  /** The NAT64 prefix is not known yet. */
  | { readonly kind: 'wait'; readonly step: 'nat64'; readonly why: string };

type Of<K extends Decision['kind']> = Extract<Decision, { kind: K }>;
export type Translated = Of<'translate'>;

export const direct = (step: DecisionStep, ipv4: string, why: string): Of<'direct'> => {
  return { kind: 'direct', step, address: MAPPED + ipv4, why };
};
export const byRoute = (ipv4: string): Of<'direct'> => direct('route', ipv4, 'the kernel has an IPv4 route to it');
export const translate = (step: DecisionStep, address: string, why: string): Translated => {
  return { kind: 'translate', step, address, why };
};
export const embedIn = (prefix: Pref64, value: number): Translated =>
  translate('nat64', prefix.embedInteger(value), `embedded in ${prefix}`);
export const refuse = (step: DecisionStep, errno: Of<'refuse'>['errno'], cause: V6OnlyError): Of<'refuse'> => {
  return { kind: 'refuse', step, errno, cause, why: cause.message };
};
