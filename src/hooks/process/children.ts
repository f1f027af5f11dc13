import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { onTakeBack, type Undo } from '../patch';
import {
  execArgvNow,
  optionsIn,
  type PreloadOption,
  preloadsIn,
  quoteForNodeOptions,
  splitNodeOptions,
} from './node-options';

/** The key under which worker threads learn that they must run without the hook. */
const WITHOUT_HOOK = 'v6only: workers run without the hook';

/**
 * Passes the hook and the policy to Node.js child processes, through the environment.
 * @param policy its file, or its JSON
 */
export function passToChildren(registerFile: string, policy: string | undefined): void {
  if (policy !== undefined) setVariable('V6ONLY_POLICY', policy);
  const present = process.env.NODE_OPTIONS ?? '';
  const changed = haveHook(optionsIn(present), registerFile)
    ? undefined
    : (now: string) => withoutHook(now, registerFile);
  setVariable('NODE_OPTIONS', withHook(present, registerFile), changed);
}

/**
 * Makes the hook in `process.execArgv`, which `fork` passes on, work in every working directory. Next.js builds
 * NODE_OPTIONS from it.
 */
export function passInExecArgv(registerFile: string): void {
  onTakeBack(replaceInExecArgv(registerFile, [`--require=${registerFile}`]));
}

/**
 * NODE_OPTIONS with the hook once, as a path that works in every working directory, and in the long form: bundlers and
 * test runners parse NODE_OPTIONS, and some do not know `-r X`.
 */
export function withHook(nodeOptions: string, registerFile: string): string {
  const long = `--require=${quoteForNodeOptions(registerFile)}`;
  let isThere = false;
  const rewritten = replacePreloads(nodeOptions, registerFile, () => {
    const first = isThere ? '' : long;
    isThere = true;
    return first;
  });
  return isThere ? rewritten : [nodeOptions, long].filter(Boolean).join(' ');
}

/**
 * Removes the hook from what child processes inherit, NODE_OPTIONS and `process.execArgv`, and informs worker threads.
 */
export function keepFromChildren(registerFile: string): void {
  const present = process.env.NODE_OPTIONS;
  if (present !== undefined) setVariable('NODE_OPTIONS', withoutHook(present, registerFile));
  onTakeBack(replaceInExecArgv(registerFile, []));
  setEnvironmentData(WITHOUT_HOOK, true);
  onTakeBack(() => setEnvironmentData(WITHOUT_HOOK, undefined));
}

/**
 * Whether this is a worker thread of a program that keeps the hook to itself. Its options preload the hook even so, as
 * Node.js gives them to each thread. They are removed, because `fork` passes them on.
 */
export function isWithoutHook(registerFile: string): boolean {
  if (isMainThread || getEnvironmentData(WITHOUT_HOOK) !== true) return false;
  replaceInExecArgv(registerFile, []);
  return true;
}

/**
 * Replaces the first preload of the hook in `process.execArgv`, and removes the others.
 * @returns the undo, which has no effect if other code has changed it since
 */
function replaceInExecArgv(registerFile: string, replacement: readonly string[]): Undo {
  const { execArgv } = process;
  const before = execArgvNow();
  const changed = [...before];
  const hooks = hooksIn(changed, registerFile);
  for (const preload of hooks.toReversed()) {
    changed.splice(preload.first, preload.count, ...(preload === hooks[0] ? replacement : []));
  }
  const isSame = (list: readonly string[]) => execArgv.join('\0') === list.join('\0');
  // Other code may have frozen or sealed it.
  if (hooks.length === 0 || !canChange(execArgv)) return () => {};
  execArgv.splice(0, execArgv.length, ...changed);
  return () => {
    if (isSame(changed) && canChange(execArgv)) execArgv.splice(0, execArgv.length, ...before);
  };
}

function canChange(list: readonly string[]): boolean {
  const isFree = (index: string) => Object.getOwnPropertyDescriptor(list, index)?.configurable === true;
  return Object.isExtensible(list) && Object.keys(list).every(isFree);
}

/**
 * Sets an environment variable. Undone later. If other code has changed it since, it becomes what `changed` makes of it.
 */
function setVariable(name: string, value: string, changed = (now: string) => now): void {
  const before = process.env[name];
  if (before === value) return;
  process.env[name] = value;
  onTakeBack(() => {
    const now = process.env[name];
    if (now !== value) {
      if (now !== undefined) process.env[name] = changed(now);
      return;
    }
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

function withoutHook(nodeOptions: string, registerFile: string): string {
  return replacePreloads(nodeOptions, registerFile, () => '');
}

/** NODE_OPTIONS with each preload of the hook replaced by a text. All other text stays as written. */
function replacePreloads(nodeOptions: string, registerFile: string, replacement: () => string): string {
  const words = splitNodeOptions(nodeOptions);
  let result = '';
  let end = 0;
  const hooks = hooksIn(
    words.map(({ value }) => value),
    registerFile,
  );
  for (const preload of hooks) {
    const from = words[preload.first]?.start ?? end;
    const to = words[preload.first + preload.count - 1]?.end ?? from;
    const text = replacement();
    // A removed preload takes the space before it with it.
    result += text === '' ? nodeOptions.slice(end, from).trimEnd() : nodeOptions.slice(end, from) + text;
    end = to;
  }
  return hooks.length === 0 ? nodeOptions : (result + nodeOptions.slice(end)).trim();
}

/** Whether these options preload the hook. */
export function haveHook(options: readonly string[], registerFile: string): boolean {
  return hooksIn(options, registerFile).length > 0;
}

/** Whether these options preload the hook in every thread: Node.js does not run `--import` before a script from a string. */
export function requireHook(options: readonly string[], registerFile: string): boolean {
  return hooksIn(options, registerFile).some(({ how }) => how === 'require');
}

function hooksIn(options: readonly string[], registerFile: string): PreloadOption[] {
  return preloadsIn(options).filter(({ request }) => isHook(request, registerFile));
}

/** Whether a preload is this file, under any name, or another copy of the package, by its name. */
function isHook(request: string, registerFile: string): boolean {
  if (request === registerFile) return true;
  // `v6only audit` and `v6only simulate` give preloads of their own in the same way.
  if (request === 'v6only/register') return path.basename(registerFile) === 'register.js';
  try {
    const file = request.startsWith('file:')
      ? fileURLToPath(request)
      : createRequire(path.join(process.cwd(), 'any')).resolve(request);
    return realpathSync(file) === realpathSync(registerFile);
  } catch {
    return false;
  }
}
