import { isMainThread } from 'node:worker_threads';
import { passToChildren } from '../hooks/process/children';
import { patchWorkers } from '../hooks/process/workers';
import type { Environment } from '../policy/environment';

/**
 * Gives the hook to the Node.js processes and worker threads that the program starts.
 * @param source the policy file in use
 * @param env the variables that control the hook
 * @param isInherited whether a worker without options preloads the hook as this process does
 */
export function passOn(registerFile: string, source: string | undefined, env: Environment, isInherited: boolean): void {
  // If V6ONLY_POLICY contains the policy itself, there is no file.
  const settings = source === undefined ? env : { ...env, V6ONLY_POLICY: env.V6ONLY_POLICY ?? source };
  patchWorkers(registerFile, settings, isInherited);
  // The code that creates a worker thread decides its environment. By default it copies an environment that has these
  // settings.
  if (isMainThread) passToChildren(registerFile, source);
}
