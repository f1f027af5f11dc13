import fs from 'node:fs';
import path from 'node:path';
import { modeOf } from '../policy/environment';
import { type LoadedPolicy, loadPolicy } from '../policy/load';
import type { Policy } from '../policy/types';
import { type PolicyFlags, policyEnvironment } from './arguments';

/**
 * The policy that a program would get. If a flag or variable switches the hook off, the policy still says what it would
 * do. Without `app`: the policy of the working directory. A preload never searches the
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

/** The rules as the policy has them, each of which may match many addresses, and the presets. */
export function rulesInWords(all: Policy['rules']): string {
  const own = all.filter(({ preset }) => preset === undefined);
  const count = new Set(own.map(({ pointer }) => pointer.split('/', 3).join('/'))).size;
  const presets = new Set(all.flatMap(({ preset }) => preset ?? []));
  const rules = count === 1 ? '1 rule' : `${count} rules`;
  return [rules, ...[...presets].map((name) => `preset ${name}`)].join(', ');
}
