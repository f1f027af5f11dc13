import fs from 'node:fs';
import path from 'node:path';
import { modeOf } from '../policy/environment';
import { type LoadedPolicy, loadPolicy } from '../policy/load';
import { type PolicyFlags, policyEnvironment } from './arguments';

/**
 * The policy that a program would get. If a flag or variable switches the hook off, the policy still says what it would do. Without `app`: the policy of the working directory. A preload never searches the
 * working directory, but a user who runs a command there expects it, and sees which file was used.
 */
export function policyOfProgram(values: PolicyFlags, env = policyEnvironment(values)): LoadedPolicy {
  const mainScript = values.app === undefined ? fs.realpathSync(process.cwd()) : path.resolve(values.app);
  const isOff = modeOf(env) === 'off';
  const loaded = loadPolicy({
    mainScript,
    env: { ...env, V6ONLY_STRICT: undefined, ...(isOff && { V6ONLY: undefined }) },
  });
  return isOff ? { ...loaded, policy: { ...loaded.policy, mode: 'off' } } : loaded;
}
