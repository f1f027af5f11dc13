import { syncBuiltinESMExports } from 'node:module';
import { haveHook, isWithoutHook } from './hooks/process/children';
import { execArgvNow, preloadsIn, splitNodeOptions } from './hooks/process/node-options';
import { environmentAsGiven } from './hooks/process/workers';
import { warn } from './hooks/warn';
import { cannotPatch, install, tellOfFault, tellOfSecondCopy } from './install/enable';
import { givenReportFolder } from './install/given-report-folder';
import { installed } from './install/installation';
import { mainScript } from './install/main-script';
import { REGISTER_FILE } from './install/own-package';
import { keepFromWorkers, keepToItself, passOn } from './install/pass-on';
import { settingsOf } from './policy/environment';
import { loadPolicy } from './policy/load';
import type { V6OnlyError } from './report/errors';

/**
 * Runs when register.js is preloaded: finds the policy of the program, and patches. A policy with faults ends the
 * process before the program starts. On a runtime that v6only does not know, and where other code has replaced what it
 * needs, it warns once and runs the program without the hook.
 * @param registerFile absolute path of register.js, for child processes
 */
export function preload(registerFile: string): void {
  try {
    start(registerFile);
  } catch (error) {
    const { message, code } = cannotPatch(error);
    if (code === 'V6ONLY_UNSUPPORTED_RUNTIME') {
      warn(message, code);
      tellOfAbsence(`v6only cannot patch this process (${code})`);
      return;
    }
    process.stderr.write(
      `v6only: ${message}\nThe program was not started (${code}). V6ONLY_STRICT=0 runs it without the hook.\n`,
    );
    process.exit(1);
  }
}

function start(registerFile: string): void {
  if (installed()) {
    tellOfSecondCopy();
    return;
  }
  const env = settingsOf(process.env);
  const started = {
    nodeOptions: splitNodeOptions(process.env.NODE_OPTIONS ?? '').map(({ value }) => value),
    execArgv: execArgvNow(),
  };
  environmentAsGiven();
  if (isWithoutHook(registerFile)) {
    keepFromWorkers(registerFile, started);
    syncBuiltinESMExports();
    tellOfAbsence('"children": false in the policy');
    return;
  }
  const { policy, source, fault } = loadPolicy({ mainScript: mainScript(), env });
  if (fault) tellOfFault(fault);
  if (policy.mode === 'off') {
    tellOfAbsence(whyOff(source, fault));
    return;
  }
  install(policy, { source }, () => {
    if (!policy.children) return keepToItself(registerFile, started);
    passOn(registerFile, { source, env, started, log: policy.log });
  });
}

/** Runs when the public face of the package is loaded: `-r v6only` looks like the preload, and does nothing. */
export function tellOfWrongPreload(): void {
  const options = [...splitNodeOptions(variable('NODE_OPTIONS') ?? '').map(({ value }) => value), ...execArgvNow()];
  if (installed() || !preloadsIn(options).some(({ request }) => request === 'v6only')) return;
  if (haveHook(options, REGISTER_FILE)) return;
  const message =
    'v6only was preloaded by the name of the package, which only loads its functions: the program runs without the hook, ' +
    'unless it calls enable(). Preload v6only/register instead';
  warn(message, 'V6ONLY_WRONG_PRELOAD');
}

/** Informs the command that runs this process, if one does. It must not take silence for "used no IPv4". */
function tellOfAbsence(why: string): void {
  if (givenReportFolder() === undefined) return;
  try {
    const { noteAbsence } = require('./install/process-reports') as typeof import('./install/process-reports');
    noteAbsence(why);
  } catch {
    // No descriptor is left to load it with, and the program goes on without the hook.
  }
}

/** Other code may have replaced the environment by anything. */
function variable(name: string): string | undefined {
  try {
    return process.env?.[name];
  } catch {
    return undefined;
  }
}

function whyOff(source: string | undefined, fault: V6OnlyError | undefined): string {
  if (fault) return `the policy is faulty, and V6ONLY_STRICT=0 (${fault.code})`;
  return source === undefined ? 'mode off (V6ONLY=off, or --mode off)' : `mode off (${source})`;
}
