import fs from 'node:fs';
import path from 'node:path';
import { type LoadedPolicy, loadPolicy } from '../policy/load';
import { type PolicyFlags, policyEnvironment } from './arguments';

/**
 * The policy that a program would get. Without `app`: the policy of the working directory. A preload never searches the
 * working directory, but a user who runs a command there expects it, and sees which file was used.
 */
export function policyOfProgram(values: PolicyFlags, env = policyEnvironment(values)): LoadedPolicy {
  const mainScript = values.app === undefined ? fs.realpathSync(process.cwd()) : path.resolve(values.app);
  return loadPolicy({ mainScript, env: { ...env, V6ONLY_STRICT: undefined } });
}
