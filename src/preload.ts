import { getEnvironmentData, isMainThread } from 'node:worker_threads';
import { haveHook, keepFromChildren, WITHOUT_HOOK } from './hooks/process/children';
import { splitNodeOptions } from './hooks/process/node-options';
import { environmentAsGiven } from './hooks/process/workers';
import { warn } from './hooks/warn';
import { install, tellOfSecondCopy } from './install/enable';
import { installed } from './install/installation';
import { passOn } from './install/pass-on';
import { settingsOf } from './policy/environment';
import { loadPolicy } from './policy/load';
import { V6OnlyError } from './report/errors';

/**
 * Runs when register.js is preloaded: finds the policy of the program, and patches. A policy with faults ends the
 * process before the program starts. On a runtime that v6only does not know it warns once and runs the program without
 * the hook.
 * @param registerFile absolute path of register.js, for child processes
 */
export function preload(registerFile: string): void {
  if (installed()) {
    tellOfSecondCopy();
    return;
  }
  const env = settingsOf(process.env);
  const startOptions = [
    ...splitNodeOptions(process.env.NODE_OPTIONS ?? '').map(({ value }) => value),
    ...process.execArgv,
  ];
  if (!isMainThread) environmentAsGiven();
  try {
    if (!isMainThread && getEnvironmentData(WITHOUT_HOOK) === true) {
      tellOfAbsence('"children": false in the policy');
      return;
    }
    const { policy, source, fault } = loadPolicy({ mainScript: process.argv[1], env });
    if (fault) warn(`${fault.message}\nThe program runs without the hook (V6ONLY_STRICT=0)`, fault.code);
    if (policy.mode === 'off') {
      tellOfAbsence(whyOff(source, fault));
      return;
    }
    install(policy, source, () => {
      if (!policy.children) return keepFromChildren(registerFile);
      passOn(registerFile, source, env, haveHook(startOptions, registerFile));
    });
  } catch (error) {
    if (!(error instanceof V6OnlyError)) throw error;
    if (error.code === 'V6ONLY_UNSUPPORTED_RUNTIME') {
      warn(error.message, error.code);
      tellOfAbsence(`v6only cannot patch this Node.js (${error.code})`);
      return;
    }
    process.stderr.write(
      `v6only: ${error.message}\nThe program was not started (${error.code}). V6ONLY_STRICT=0 runs it without the hook.\n`,
    );
    process.exit(1);
  }
}

/** Informs the command that runs this process, if one does. It must not take silence for "used no IPv4". */
function tellOfAbsence(why: string): void {
  const { V6ONLY_REPORT_FOLDER: folder } = process.env;
  if (!folder) return;
  const { noteAbsence } = require('./install/process-reports') as typeof import('./install/process-reports');
  noteAbsence(folder, why);
}

function whyOff(source: string | undefined, fault: V6OnlyError | undefined): string {
  if (fault) return `the policy is faulty, and V6ONLY_STRICT=0 (${fault.code})`;
  return source === undefined ? 'mode off (V6ONLY=off, or --mode off)' : `mode off (${source})`;
}
