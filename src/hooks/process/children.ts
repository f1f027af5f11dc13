import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setEnvironmentData } from 'node:worker_threads';
import { onTakeBack } from '../patch';
import { type PreloadOption, preloadsIn, quoteForNodeOptions, splitNodeOptions } from './node-options';

/** The key under which worker threads learn that they must run without the hook. */
export const WITHOUT_HOOK = 'v6only: workers run without the hook';

/** Passes the hook and the policy file to Node.js child processes, through the environment. */
export function passToChildren(registerFile: string, policyFile: string | undefined): void {
  if (policyFile !== undefined) process.env.V6ONLY_POLICY ?? setVariable('V6ONLY_POLICY', policyFile);
  const present = process.env.NODE_OPTIONS ?? '';
  const words = splitNodeOptions(present).map(({ value }) => value);
  const withoutHook = (now: string) => replacePreloads(now, registerFile, () => '');
  const changed = haveHook(words, registerFile) ? undefined : withoutHook;
  setVariable('NODE_OPTIONS', withHook(present, registerFile), changed);
  // Next.js builds NODE_OPTIONS from process.execArgv.
  changeExecArgv(registerFile, ({ how, count }) =>
    how === 'require' && count === 2 ? [`--require=${registerFile}`] : undefined,
  );
}

/**
 * NODE_OPTIONS with the hook, in the long form: bundlers and test runners parse NODE_OPTIONS, and some do not know `-r
 * X`.
 */
export function withHook(nodeOptions: string, registerFile: string): string {
  const long = `--require=${quoteForNodeOptions(registerFile)}`;
  let isThere = false;
  const rewritten = replacePreloads(nodeOptions, registerFile, ({ how }, text) => {
    if (how === 'import') return text;
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
  if (present !== undefined)
    setVariable(
      'NODE_OPTIONS',
      replacePreloads(present, registerFile, () => ''),
    );
  changeExecArgv(registerFile, () => []);
  setEnvironmentData(WITHOUT_HOOK, true);
  onTakeBack(() => setEnvironmentData(WITHOUT_HOOK, undefined));
}

/**
 * Replaces the preloads of the hook in `process.execArgv`, which `fork` passes on. Undone later, unless other code has
 * changed it since.
 */
function changeExecArgv(registerFile: string, replacement: (preload: PreloadOption) => string[] | undefined): void {
  const { execArgv } = process;
  if (Object.isFrozen(execArgv)) return;
  const before = [...execArgv];
  for (const preload of hooksIn(execArgv, registerFile).reverse()) {
    const words = replacement(preload);
    if (words) execArgv.splice(preload.first, preload.count, ...words);
  }
  const left = execArgv.join('\0');
  onTakeBack(() => {
    if (execArgv.join('\0') === left && !Object.isFrozen(execArgv)) execArgv.splice(0, execArgv.length, ...before);
  });
}

/** Passes a policy without a file to child processes. */
export function givePolicyToChildren(policy: unknown): void {
  setVariable('V6ONLY_POLICY', JSON.stringify(policy));
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

/** NODE_OPTIONS with each preload of the hook replaced by a text. All other text stays as written. */
function replacePreloads(
  nodeOptions: string,
  registerFile: string,
  replacement: (preload: PreloadOption, text: string) => string,
): string {
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
    const text = replacement(preload, nodeOptions.slice(from, to));
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

function hooksIn(options: readonly string[], registerFile: string): PreloadOption[] {
  return preloadsIn(options).filter(({ request }) => isHook(request, registerFile));
}

/** Whether a preload is this file, under any name, or another copy of the package, by its name. */
function isHook(request: string, registerFile: string): boolean {
  if (request === 'v6only/register' || request === registerFile) return true;
  try {
    const file = request.startsWith('file:')
      ? fileURLToPath(request)
      : createRequire(path.join(process.cwd(), 'any')).resolve(request);
    return realpathSync(file) === realpathSync(registerFile);
  } catch {
    return false;
  }
}
