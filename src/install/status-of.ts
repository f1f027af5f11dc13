import type { Context } from './context';
import type { Status } from './status';

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
