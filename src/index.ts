import { install, installed } from './enable';
import { compilePolicy } from './policy/compile';
import { withEnvironment } from './policy/environment';
import type { PolicyInput } from './policy/input.generated';
import { loadPolicy } from './policy/load';
import { type Status, status } from './status';

export type { Decision, DecisionStep } from './address/decision';
export { embeddedIPv4 } from './embedded-ipv4';
export { V6OnlyError, type V6OnlyErrorCode } from './errors';
export { type ExplainOptions, type Explanation, explain } from './explain';
export type { Counters } from './hooks/context';
export type { LookupEvent, PrefixEvent, SocketEvent, WarningEvent } from './hooks/diagnostics';
export type { PolicyInput } from './policy/input.generated';
export type { Mode } from './policy/types';
export { preload } from './preload';
export { type Status, status } from './status';

/**
 * Makes this process run on an IPv6-only network; enabled twice is enabled once. Without an argument the policy file of the
 * program is used, as by `v6only/register`. The environment variables V6ONLY and V6ONLY_NAT64 go before the policy.
 *
 * Child processes are not affected: they get the hook by `v6only/register`.
 * @returns what `status()` says
 * @throws V6OnlyError V6ONLY_INVALID_POLICY, V6ONLY_INVALID_OPTION, V6ONLY_INVALID_PREFIX, V6ONLY_UNSUPPORTED_RUNTIME: before anything is patched
 */
export function enable(policy?: PolicyInput): Status {
  if (installed()) return status();
  const loaded =
    policy === undefined
      ? loadPolicy({ mainScript: process.argv[1], env: process.env })
      : { policy: withEnvironment(compilePolicy(policy), process.env), source: undefined };
  if (loaded.policy.mode !== 'off') install(loaded.policy, loaded.source);
  return status();
}

/** Restores every function that was patched. Sockets that are open go on working as they are. */
export function disable(): void {
  installed()?.undo();
}

/** Resolves once the NAT64 prefixes are known, or known not to be there; never rejects. */
export async function ready(): Promise<void> {
  await installed()?.context.prefixes.ready();
}
