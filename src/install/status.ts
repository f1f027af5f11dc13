import type { Counters } from '../hooks/counters';
import type { Mode } from '../policy/types';

/** Where the NAT64 prefixes come from. */
export type PrefixOrigin =
  /** The policy, or V6ONLY_NAT64. */
  | 'policy'
  /** Router Advertisements (RFC 8781). */
  | 'router'
  /** The network's DNS64 (RFC 7050). */
  | 'discovery'
  /** The network names no prefix, so the well-known prefix is tried. */
  | 'assumed'
  /** No prefix was needed yet. */
  | 'unknown';

/** The state of the hook, and what it has done. */
export interface Status {
  /** Whether the hook is installed in this process. */
  readonly enabled: boolean;
  /** The mode of the policy. `off` without the hook. */
  readonly mode: Mode;
  /** The absolute path of the policy file, or `V6ONLY_POLICY` if this variable has the policy itself. Undefined without one. */
  readonly policyFile: string | undefined;
  /** The NAT64 prefixes in use, and where they come from. */
  readonly nat64: { readonly prefixes: readonly string[]; readonly origin: PrefixOrigin };
  /** Undefined without the hook. */
  readonly counters: Counters | undefined;
  /** How many addresses of the synthetic pool stand for an IPv6 address now. */
  readonly poolSize: number;
}

/** The status without an installation. */
export function statusOfNothing(): Status {
  const nat64 = { prefixes: [], origin: 'unknown' as const };
  return { enabled: false, mode: 'off', policyFile: undefined, nat64, counters: undefined, poolSize: 0 };
}
