import { installed } from './enable';
import type { Counters } from './hooks/context';
import type { Mode } from './policy/types';

/** What the hook is and has done. */
export interface Status {
  readonly enabled: boolean;
  readonly mode: Mode;
  /** The policy file in use. */
  readonly policyFile: string | undefined;
  /** The NAT64 prefixes, and where they come from: `policy`, `router` (PREF64), `discovery` (RFC 7050), `assumed` (the well-known one), `unknown` (not needed yet). */
  readonly nat64: { readonly prefixes: readonly string[]; readonly origin: string };
  readonly counters: Counters | undefined;
  /** Addresses of the synthetic pool that stand for an IPv6 address now. */
  readonly poolSize: number;
}

export function status(): Status {
  const installation = installed();
  if (!installation) {
    const nat64 = { prefixes: [], origin: 'unknown' };
    return { enabled: false, mode: 'off', policyFile: undefined, nat64, counters: undefined, poolSize: 0 };
  }
  const { policy, prefixes, counters, pool } = installation.context;
  return {
    enabled: true,
    mode: policy.mode,
    policyFile: installation.source,
    nat64: { prefixes: (prefixes.all ?? []).map(String), origin: prefixes.origin },
    counters: structuredClone(counters),
    poolSize: pool.size,
  };
}
