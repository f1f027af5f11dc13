import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setEnvironmentData } from 'node:worker_threads';
import { onTakeBack } from '../patch';
import { type PreloadOption, preloadsIn, quoteForNodeOptions, splitNodeOptions } from './node-options';

/** Under which worker threads find out that they are to run without the hook. */
export const WITHOUT_HOOK = 'v6only: workers run without the hook';

/** Lets the Node.js processes that the program starts have the hook too, with the same policy file: by the environment. */
export function passToChildren(registerFile: string, policyFile: string | undefined): void {
  if (policyFile !== undefined) process.env.V6ONLY_POLICY ?? setVariable('V6ONLY_POLICY', policyFile);
  setVariable('NODE_OPTIONS', withHook(process.env.NODE_OPTIONS ?? '', registerFile));
  // Next.js makes NODE_OPTIONS of process.execArgv.
  changeExecArgv(registerFile, ({ how, count }) =>
    how === 'require' && count === 2 ? [`--require=${registerFile}`] : undefined,
  );
}

/** NODE_OPTIONS with the hook. In the long form: bundlers and test runners take NODE_OPTIONS apart, and not all know `-r X`. */
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

/** Takes the hook out of what child processes would inherit, NODE_OPTIONS and `process.execArgv`, and tells worker threads. */
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

/** Replaces what gives the hook in `process.execArgv`, which `fork` passes on. Taken back where nobody has changed it since. */
function changeExecArgv(registerFile: string, replacement: (preload: PreloadOption) => string[] | undefined): void {
  const { execArgv } = process;
  const before = [...execArgv];
  for (const preload of hooksIn(execArgv, registerFile).reverse()) {
    const words = replacement(preload);
    if (words) execArgv.splice(preload.first, preload.count, ...words);
  }
  const left = execArgv.join('\0');
  onTakeBack(() => {
    if (execArgv.join('\0') === left) execArgv.splice(0, execArgv.length, ...before);
  });
}

/** Lets child processes have a policy that is in no file. */
export function givePolicyToChildren(policy: unknown): void {
  setVariable('V6ONLY_POLICY', JSON.stringify(policy));
}

/** Sets an environment variable. Taken back where nobody has changed it since. */
function setVariable(name: string, value: string): void {
  const before = process.env[name];
  if (before === value) return;
  process.env[name] = value;
  onTakeBack(() => {
    if (process.env[name] !== value) return;
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

/** NODE_OPTIONS with each preload of the hook replaced by a text; everything else as it was written. */
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
    // What goes takes the space before it along.
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

/** Whether a preload is this one, however it is named; or another copy of the package, by its name. */
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
