import { isMainThread } from 'node:worker_threads';
import { passToChildren } from '../hooks/process/children';
import { patchWorkers } from '../hooks/process/workers';
import type { Environment } from '../policy/environment';

/**
 * Gives the hook to the Node.js processes and worker threads that the program starts.
 * @param source the policy file in use
 * @param env what decides what the hook does
 * @param isInherited whether a worker that is told nothing preloads the hook as this process does
 */
export function passOn(registerFile: string, source: string | undefined, env: Environment, isInherited: boolean): void {
  // A policy that V6ONLY_POLICY has itself is in no file.
  const settings = source === undefined ? env : { ...env, V6ONLY_POLICY: env.V6ONLY_POLICY ?? source };
  patchWorkers(registerFile, settings, isInherited);
  // A worker thread's environment is its maker's to decide; by default it is a copy of one that has been through this.
  if (isMainThread) passToChildren(registerFile, source);
}
