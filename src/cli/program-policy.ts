import fs from 'node:fs';
import path from 'node:path';
import { type LoadedPolicy, loadPolicy } from '../policy/load';
import { type PolicyFlags, policyEnvironment } from './arguments';

/**
 * The policy that a program would get. Without `app`: one in this folder. A preload never looks at the working directory;
 * a person who asks from there means it, and is told which file was used.
 */
export function policyOfProgram(values: PolicyFlags, env = policyEnvironment(values)): LoadedPolicy {
  const mainScript = values.app === undefined ? fs.realpathSync(process.cwd()) : path.resolve(values.app);
  return loadPolicy({ mainScript, env: { ...env, V6ONLY_STRICT: undefined } });
}
