import { cannotPatch, install, tellOfFault, tellOfIgnoredPolicy, tellOfSecondCopy } from './install/enable';
import { installed } from './install/installation';
import { mainScript } from './install/main-script';
import { REGISTER_FILE } from './install/own-package';
import { passOn } from './install/pass-on';
import { type Status, statusOfNothing } from './install/status';
import { compilePolicy } from './policy/compile';
import { settingsOf, withEnvironment } from './policy/environment';
import type { PolicyInput } from './policy/input.generated';
import { type LoadedPolicy, loadPolicy } from './policy/load';

export type { Decision, DecisionStep } from './address/decision';
export type { Counters } from './hooks/counters';
export type { LookupEvent, PrefixEvent, SocketEvent, WarningEvent } from './hooks/diagnostics';
export { embeddedIPv4 } from './install/embedded-ipv4';
export { type ExplainOptions, type Explanation, explain } from './install/explain';
export type { PrefixOrigin, Status } from './install/status';
export type { PolicyInput } from './policy/input.generated';
export { PolicyError, type PolicyProblem } from './policy/problems';
export type { Mode } from './policy/types';
export { V6OnlyError, type V6OnlyErrorCode, type V6OnlyWarningCode } from './report/errors';

/** The options of a program that enables the hook by itself: they give it to no worker thread. */
const NOTHING = { nodeOptions: [], execArgv: [] };

/**
 * Installs the hook in this process. If it is installed, by `v6only/register` or an earlier call, the call has no effect: the
 * policy in use stays, and the warning V6ONLY_POLICY_IGNORED reports that the argument is another one. Without an
 * argument it uses the program's policy file, as `v6only/register` does: with V6ONLY_STRICT=0 a faulty one is a warning,
 * and nothing is patched. The environment variables V6ONLY and V6ONLY_NAT64 override the policy and the argument.
 *
 * Child processes and worker threads that the program starts later get the hook, with this policy, if the argument has
 * `children: true`. Otherwise they do not get it, whatever the policy file says. `v6only/register` gives it to them by
 * default.
 * @param policy the fields of a policy file, in plain objects
 * @returns what `status()` returns
 * @throws V6OnlyError with the code V6ONLY_INVALID_POLICY (then it is a `PolicyError`), V6ONLY_INVALID_OPTION,
 * V6ONLY_INVALID_PREFIX or V6ONLY_UNSUPPORTED_RUNTIME; nothing is patched then
 * @example
 * import { enable, PolicyError } from 'v6only';
 *
 * try {
 *   enable({ nat64: '64:ff9b::/65' });
 * } catch (error) {
 *   if (!(error instanceof PolicyError)) throw error;
 *   console.log(error.problems[0].path); // → nat64
 * }
 * console.log(enable({ nat64: '64:ff9b::/96' }).enabled); // → true
 */
export function enable(policy?: PolicyInput): Status {
  try {
    start(policy);
  } catch (error) {
    throw cannotPatch(error);
  }
  return status();
}

function start(policy: PolicyInput | undefined): void {
  const compiled = policy === undefined ? undefined : withEnvironment(compilePolicy(policy), process.env);
  const present = installed();
  if (present) {
    if (!tellOfSecondCopy() && policy) tellOfIgnoredPolicy(present, policy);
    return;
  }
  const loaded: LoadedPolicy = compiled
    ? { policy: compiled, source: undefined }
    : loadPolicy({ mainScript: mainScript(), env: process.env });
  if (loaded.fault) tellOfFault(loaded.fault);
  if (loaded.policy.mode === 'off') return;
  install(loaded.policy, { source: loaded.source, input: policy }, () => {
    if (policy?.children !== true) return;
    const env = { ...settingsOf(process.env), V6ONLY_POLICY: JSON.stringify(policy) };
    passOn(REGISTER_FILE, { source: undefined, env, started: NOTHING, log: loaded.policy.log });
  });
}

/**
 * Returns the state of the hook and its counters. Works without the hook too.
 * @returns a copy: it does not change later
 * @example
 * import net from 'node:net';
 * import { enable, status } from 'v6only';
 *
 * enable({ nat64: '64:ff9b::/96' });
 * net.connect(80, '192.0.2.80').on('error', () => {});
 * await new Promise(setImmediate);
 * console.log(status().counters.connects); // → { direct: 0, translated: 1, refused: 0, held: 0 }
 */
export function status(): Status {
  return installed()?.status() ?? statusOfNothing();
}

/**
 * Removes the hook: restores every function that was patched. Open sockets continue to work, and show the same addresses as
 * before. Without a hook the call has no effect.
 * @example
 * import { disable, enable, status } from 'v6only';
 *
 * enable({ nat64: '64:ff9b::/96' });
 * disable();
 * console.log(status().enabled); // → false
 */
export function disable(): void {
  installed()?.undo();
}

/**
 * Resolves when the search for the NAT64 prefix has ended, whether or not it found one, at the latest after
 * `dns64.deadlineMs` milliseconds of the policy. Never rejects. A program need not call it: connections wait by themselves.
 * @example
 * import { enable, ready, status } from 'v6only';
 *
 * enable({ nat64: '2001:db8:64::/96' });
 * await ready();
 * console.log(status().nat64); // → { prefixes: [ '2001:db8:64::/96' ], origin: 'policy' }
 */
export async function ready(): Promise<void> {
  await installed()?.ready();
}
