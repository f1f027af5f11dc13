import type { Context } from './enable';
import type { Counters } from './hooks/context';
import type { Mode } from './policy/types';

/**
 * Where the NAT64 prefixes come from: `policy`; `router`, its advertisements (RFC 8781); `discovery`, the network's DNS64
 * (RFC 7050); `assumed`, the well-known prefix, because the network names none; `unknown`, as long as none was needed.
 */
export type PrefixOrigin = Context['prefixes']['origin'];

/** What the hook is and has done. */
export interface Status {
  readonly enabled: boolean;
  readonly mode: Mode;
  /** The policy file in use. */
  readonly policyFile: string | undefined;
  /** The NAT64 prefixes, and where they come from. */
  readonly nat64: { readonly prefixes: readonly string[]; readonly origin: PrefixOrigin };
  readonly counters: Counters | undefined;
  /** Addresses of the synthetic pool that stand for an IPv6 address now. */
  readonly poolSize: number;
}

/** Where nothing is patched. */
export function statusOfNothing(): Status {
  const nat64 = { prefixes: [], origin: 'unknown' as const };
  return { enabled: false, mode: 'off', policyFile: undefined, nat64, counters: undefined, poolSize: 0 };
}

export function statusOf({ policy, prefixes, counters, pool }: Context, source: string | undefined): Status {
  return {
    enabled: true,
    mode: policy.mode,
    policyFile: source,
    nat64: { prefixes: (prefixes.all ?? []).map(String), origin: prefixes.origin },
    counters: structuredClone(counters),
    poolSize: pool.size,
  };
}
