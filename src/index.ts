import path from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { givePolicyToChildren } from './children';
import { install, installed, tellOfSecondCopy } from './enable';
import { passOn } from './pass-on';
import { compilePolicy } from './policy/compile';
import { settingsOf, withEnvironment } from './policy/environment';
import type { PolicyInput } from './policy/input.generated';
import { loadPolicy } from './policy/load';
import { type Status, statusOfNothing } from './status';

export type { Decision, DecisionStep } from './address/decision';
export { embeddedIPv4 } from './embedded-ipv4';
export { V6OnlyError, type V6OnlyErrorCode, type V6OnlyWarningCode } from './errors';
export { type ExplainOptions, type Explanation, explain } from './explain';
export type { Counters } from './hooks/context';
export type { LookupEvent, PrefixEvent, SocketEvent, WarningEvent } from './hooks/diagnostics';
export type { PolicyInput } from './policy/input.generated';
export { PolicyError, type PolicyProblem } from './policy/report';
export type { Mode } from './policy/types';
export type { PrefixOrigin, Status } from './status';

/** Beside dist/, or build/ in tests. */
const REGISTER_FILE = path.join(__dirname, '..', 'register.js');

/**
 * Makes this process run on an IPv6-only network; a second call has no effect. Without an argument the policy file of the
 * program is used, as by `v6only/register`. The environment variables V6ONLY and V6ONLY_NAT64 override the policy.
 *
 * Node.js processes and worker threads that the program starts later get the hook, with this policy, where the argument has
 * `children: true`. Else they do not, whatever the default of a policy file is; `v6only/register` gives it to them too.
 * @returns what `status()` says
 * @throws V6OnlyError V6ONLY_INVALID_POLICY, V6ONLY_INVALID_OPTION, V6ONLY_INVALID_PREFIX, V6ONLY_UNSUPPORTED_RUNTIME: before anything is patched
 */
export function enable(policy?: PolicyInput): Status {
  if (installed()) {
    tellOfSecondCopy();
    return status();
  }
  const loaded =
    policy === undefined
      ? loadPolicy({ mainScript: process.argv[1], env: process.env })
      : { policy: withEnvironment(compilePolicy(policy), process.env), source: undefined };
  if (loaded.policy.mode === 'off') return status();
  install(loaded.policy, loaded.source, () => {
    if (policy?.children !== true) return;
    const env = settingsOf(process.env);
    if (isMainThread) givePolicyToChildren(policy);
    passOn(REGISTER_FILE, undefined, { ...env, V6ONLY_POLICY: JSON.stringify(policy) }, false);
  });
  return status();
}

export function status(): Status {
  return installed()?.status() ?? statusOfNothing();
}

/** Restores every function that was patched. Sockets that are open go on working as they are. */
export function disable(): void {
  installed()?.undo();
}

/** Resolves once the NAT64 prefixes are known, or known not to be there; never rejects. */
export async function ready(): Promise<void> {
  await installed()?.ready();
}
