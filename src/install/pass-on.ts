import { isMainThread } from 'node:worker_threads';
import { keepFromChildren, passInExecArgv, passToChildren } from '../hooks/process/children';
import { patchWorkers, type StartOptions } from '../hooks/process/workers';
import { warn } from '../hooks/warn';
import type { Environment } from '../policy/environment';
import type { Policy } from '../policy/types';
import { isOwnEntry } from './own-package';

/** What the processes and threads of a program get. */
export interface PassedOn {
  /** The policy file in use. */
  readonly source: string | undefined;
  /** The variables that control the hook. */
  readonly env: Environment;
  /** The options with which this process or thread was started. */
  readonly started: StartOptions;
  readonly log: Policy['log'];
}

/** Gives the hook to the Node.js processes and worker threads that the program starts. */
export function passOn(registerFile: string, { source, env, started, log }: PassedOn): void {
  if (!isOwnEntry(registerFile)) {
    const message =
      `v6only is part of a bundle (${__filename}), so child processes and worker threads run without the hook. Leave it ` +
      'out of the bundle (esbuild: --external:v6only --external:v6only/register), or set "children": false in the policy';
    warn(message, 'V6ONLY_BUNDLED', log);
    return;
  }
  // If V6ONLY_POLICY contains the policy itself, there is no file.
  const settings = source === undefined ? env : { ...env, V6ONLY_POLICY: env.V6ONLY_POLICY ?? source };
  patchWorkers(registerFile, settings, started);
  passInExecArgv(registerFile);
  // The code that creates a worker thread decides its environment. By default it copies an environment that has these
  // settings.
  if (isMainThread) passToChildren(registerFile, settings.V6ONLY_POLICY);
}

/** Keeps the hook from the Node.js processes and worker threads that the program starts. */
export function keepToItself(registerFile: string, started: StartOptions): void {
  keepFromChildren(registerFile);
  keepFromWorkers(registerFile, started);
}

/**
 * Node.js does not run `--import` before a script from a string. Such a worker would not learn that the hook must not go to
 * the processes that it starts.
 */
export function keepFromWorkers(registerFile: string, started: StartOptions): void {
  if (isOwnEntry(registerFile)) patchWorkers(registerFile, undefined, started);
}
