import workerThreads, { isMainThread } from 'node:worker_threads';
import type { Environment } from '../../policy/environment';
import { patchConstructor } from '../patch';
import { haveHook, requireHook, withHook } from './children';
import { optionsIn } from './node-options';

/**
 * Tells a worker which variables `patchWorkers` has changed in its environment, and their old values: a JSON object,
 * with null for an absent variable.
 */
const CHANGED = 'V6ONLY_WORKER_CHANGED';

/** The options that Node.js was given in NODE_OPTIONS, and those on the command line. */
export interface StartOptions {
  readonly nodeOptions: readonly string[];
  readonly execArgv: readonly string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Gives the hook and this process's settings to worker threads whose `env` and `execArgv` would omit them. The hook
 * goes into their NODE_OPTIONS, which Node reads for each worker with an environment of its own. There
 * `environmentAsGiven` removes it again.
 * @param settings the variables that control the hook. Undefined if workers must run without it: they then load it only
 * to find this out, and only if they have it in their options (see `isWithoutHook`).
 * @param started the options with which this process or thread was started: its workers inherit them, not what the
 * program has made of them since
 * @param add puts the preload into NODE_OPTIONS
 */
export function patchWorkers(
  registerFile: string,
  settings: Environment | Variables | undefined,
  started: StartOptions,
  add: typeof withHook = withHook,
): void {
  const isComplete = (words: readonly string[]) =>
    requireHook(words, registerFile) || (settings === undefined && !haveHook(words, registerFile));
  const isInherited = isComplete([...started.nodeOptions, ...started.execArgv]);
  patchConstructor(workerThreads, 'Worker', (args) => {
    const [file, options = {}, ...rest] = args as [unknown, WorkerOptions | undefined];
    if (options === null || (typeof options !== 'object' && typeof options !== 'function')) return args;
    const env = options.env ?? process.env;
    // Whatever is falsy means that the options of this process are inherited.
    const execArgv = options.execArgv || undefined;
    // Node itself rejects invalid options. A shared environment (a symbol) is that of this process.
    if (typeof env !== 'object' || (execArgv !== undefined && !Array.isArray(execArgv))) return args;
    const given: Variables = env === process.env ? process.env : textsOf(env);
    const changes: Record<string, string> = {};
    for (const [name, value] of Object.entries(settings ?? {})) {
      if (value !== undefined && !Object.hasOwn(given, name)) changes[name] = value;
    }
    const inheritsAll = env === process.env && execArgv === undefined && Object.keys(changes).length === 0;
    const nodeOptions = given.NODE_OPTIONS ?? '';
    const words = [...optionsIn(nodeOptions), ...(execArgv ?? started.execArgv)];
    if (!(inheritsAll ? isInherited : isComplete(words.map(String))))
      changes.NODE_OPTIONS = add(nodeOptions, registerFile);
    const names = Object.keys(changes);
    if (names.length === 0) return args;
    // Another preload may have changed it before: what it was at first counts.
    const first = entriesOf(given[CHANGED]);
    const before = JSON.stringify(Object.fromEntries([...names.map((name) => [name, given[name] ?? null]), ...first]));
    return [file, withEnv(options, { ...given, ...changes, [CHANGED]: before }), ...rest];
  });
}

type WorkerOptions = { readonly env?: unknown; readonly execArgv?: unknown };

/** The variables as Node itself reads them: each once, as text. */
function textsOf(env: object): Variables {
  const texts: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(env)) texts[name] = `${value}`;
  return texts;
}

/**
 * The options with another environment. They are neither copied nor inherited from: a getter must run when Node reads it,
 * and with the options themselves as `this`, which may have private fields.
 */
function withEnv(options: WorkerOptions, env: Variables): object {
  const get = (key: string | symbol) => (key === 'env' ? env : Reflect.get(options, key));
  // For other code that has wrapped the class, and copies the options.
  const keys = () => [...new Set([...Reflect.ownKeys(options), 'env'])];
  return new Proxy(Object.create(null), {
    __proto__: null,
    get: (_, key) => get(key),
    has: (_, key) => key === 'env' || Reflect.has(options, key),
    ownKeys: keys,
    getOwnPropertyDescriptor: (_, key) => {
      const own = key === 'env' || Reflect.getOwnPropertyDescriptor(options, key);
      if (!own) return undefined;
      const enumerable = own === true || own.enumerable === true;
      return { value: get(key), writable: true, configurable: true, enumerable };
    },
  } as ProxyHandler<object>);
}

/**
 * Restores the environment of a worker as the program gave it. A process may have inherited the variable from a worker
 * that did not load the hook: it means nothing there.
 */
export function environmentAsGiven(): void {
  const { [CHANGED]: changed } = process.env;
  if (changed === undefined) return;
  delete process.env[CHANGED];
  if (isMainThread) return;
  for (const [name, value] of entriesOf(changed)) {
    if (value === null) delete process.env[name];
    else process.env[name] = String(value);
  }
}

/** None if `text` is not the JSON of an object: somebody else has set the variable. */
function entriesOf(text: unknown): [string, unknown][] {
  try {
    return text === undefined ? [] : Object.entries((JSON.parse(String(text)) as object | null) ?? {});
  } catch {
    return [];
  }
}
