import type { Patched } from '../hooks/patch';
import type { PolicyInput } from '../policy/input.generated';
import type { Context } from './context';
import type { Status } from './status';

/**
 * There is one installation per process, from whichever copy of the package. The key names the version of this
 * interface, not of the package.
 */
export const INSTALLED = Symbol.for('v6only.installation.1');

/**
 * The interface that another copy, possibly of another version, may use. It must stay compatible: all of this, and of
 * the context the kernel, `origin`, `all`, `whenReady` and `learn` of the prefixes, and the translator's `destination`, `local` and
 * `embeddedIPv4`.
 */
export interface Installation {
  /** The version of the copy that created it. */
  readonly version: string | undefined;
  readonly status: () => Status;
  readonly ready: () => Promise<void>;
  readonly context: Context;
  /** The policy file. Undefined without one. */
  readonly source: string | undefined;
  /** The argument of `enable`, if that has created it. Absent from a copy that is older than it. */
  readonly input?: PolicyInput | undefined;
  /** All current patches. */
  readonly patched: () => readonly Patched[];
  readonly undo: () => void;
}

export type WithInstallation = { [INSTALLED]?: Installation };

/** The installation of this process, or undefined. */
export function installed(): Installation | undefined {
  return (globalThis as WithInstallation)[INSTALLED];
}
