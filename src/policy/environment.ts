import { Pref64 } from '../address/pref64';
import { V6OnlyError } from '../report/errors';
import { invalidOption } from './problems';
import type { Mode, Policy } from './types';

/** The environment variables that v6only reads. */
export interface Environment {
  /** The mode: auto, always or off. Overrides the policy's. */
  readonly V6ONLY?: string | undefined;
  /** Absolute path of the policy file, or the policy itself as a JSON object. It replaces the search for a file. */
  readonly V6ONLY_POLICY?: string | undefined;
  /** `discover`, or NAT64 prefixes separated by commas. Overrides the policy's. */
  readonly V6ONLY_NAT64?: string | undefined;
  /**
   * `0`: if the policy has faults, warn and run the program without the hook. `1`, the default: do not run the program.
   */
  readonly V6ONLY_STRICT?: string | undefined;
}

/** The variables of v6only among all variables of a process. */
export function settingsOf({ V6ONLY, V6ONLY_POLICY, V6ONLY_NAT64, V6ONLY_STRICT }: NodeJS.ProcessEnv): Environment {
  return { V6ONLY, V6ONLY_POLICY, V6ONLY_NAT64, V6ONLY_STRICT };
}

const MODES = ['auto', 'always', 'off'] as const;

/** @throws V6OnlyError V6ONLY_INVALID_OPTION */
export function modeOf({ V6ONLY: text }: Environment): Mode | undefined {
  if (text === undefined || text === '') return undefined;
  const mode = MODES.find((name) => name === text);
  if (mode === undefined) throw invalidOption(`V6ONLY=${text} is not a mode`, 'Set it to auto, always or off');
  return mode;
}

/** @throws V6OnlyError V6ONLY_INVALID_OPTION */
export function isStrict({ V6ONLY_STRICT: text }: Environment): boolean {
  if (text === undefined || text === '' || text === '1') return true;
  if (text === '0') return false;
  throw invalidOption(`V6ONLY_STRICT=${text} is neither 0 nor 1`, 'Set it to 0 or 1');
}

/** @throws V6OnlyError V6ONLY_INVALID_PREFIX */
export function nat64Of({ V6ONLY_NAT64: text }: Environment): Policy['nat64'] | undefined {
  const trimmed = text?.trim();
  if (trimmed === undefined || trimmed === '') return undefined;
  if (trimmed === 'discover') return 'discover';
  try {
    return trimmed.split(',').map((prefix) => Pref64.parse(prefix.trim()));
  } catch (error) {
    if (!(error instanceof V6OnlyError)) throw error;
    throw new V6OnlyError(
      error.code,
      `V6ONLY_NAT64=${trimmed}: ${error.message}`,
      'Set it to prefixes separated by commas, or to "discover"',
    );
  }
}

/** The environment overrides the policy. */
export function withEnvironment(policy: Policy, env: Environment): Policy {
  const mode = modeOf(env);
  const nat64 = nat64Of(env);
  return { ...policy, ...(mode !== undefined && { mode }), ...(nat64 !== undefined && { nat64 }) };
}
