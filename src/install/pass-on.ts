import { isMainThread } from 'node:worker_threads';
import { passInExecArgv, passToChildren } from '../hooks/process/children';
import { patchWorkers, type StartOptions } from '../hooks/process/workers';
import type { Environment } from '../policy/environment';

/**
 * Gives the hook to the Node.js processes and worker threads that the program starts.
 * @param source the policy file in use
 * @param env the variables that control the hook
 * @param started the options with which this process or thread was started
 */
export function passOn(
  registerFile: string,
  source: string | undefined,
  env: Environment,
  started: StartOptions,
): void {
  // If V6ONLY_POLICY contains the policy itself, there is no file.
  const settings = source === undefined ? env : { ...env, V6ONLY_POLICY: env.V6ONLY_POLICY ?? source };
  patchWorkers(registerFile, settings, started);
  passInExecArgv(registerFile);
  // The code that creates a worker thread decides its environment. By default it copies an environment that has these
  // settings.
  if (isMainThread) passToChildren(registerFile, source);
}
