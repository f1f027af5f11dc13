import fs from 'node:fs';
import path from 'node:path';
import { modeOf } from '../policy/environment';
import { type LoadedPolicy, loadPolicy } from '../policy/load';
import type { Policy } from '../policy/types';
import { type PolicyFlags, policyEnvironment } from './arguments';

/**
 * The policy that a program would get. If a flag or variable switches the hook off, the policy still says what it would do. Without `app`: the policy of the working directory. A preload never searches the
 * working directory, but a user who runs a command there expects it, and sees which file was used.
 */
export function policyOfProgram(values: PolicyFlags): LoadedPolicy {
  const env = policyEnvironment(values);
  const mainScript = values.app === undefined ? fs.realpathSync(process.cwd()) : path.resolve(values.app);
  const isOff = modeOf(env) === 'off';
  const loaded = loadPolicy({
    mainScript,
    env: { ...env, V6ONLY_STRICT: undefined, ...(isOff && { V6ONLY: undefined }) },
  });
  return isOff ? { ...loaded, policy: { ...loaded.policy, mode: 'off' } } : loaded;
}

/** The number of the rules and presets. One may match many addresses. */
export function rulesInWords(rules: Policy['rules']): string {
  const count = new Set(rules.map(({ pointer }) => pointer.split('/', 3).join('/'))).size;
  return count === 1 ? '1 rule' : `${count} rules`;
}
