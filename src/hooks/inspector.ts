import { ChildProcess } from 'node:child_process';
import type inspector from 'node:inspector';
import { isIPv4 } from 'node:net';
import { basename } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { HookContext } from './context';
import { patch, type Undo } from './patch';

type Open = (port?: number, host?: string, wait?: boolean) => unknown;

/**
 * The inspector listens by itself, in C++, on 127.0.0.1. Where the loopback has no IPv4, `inspector.open()` means ::1,
 * `--inspect` of child processes does too (see `INSPECT_OPTION`), and what `--inspect` of this process could not open before
 * the preload ran is opened now.
 */
export function patchInspector(context: HookContext): Undo[] {
  if (!lacksIPv4Loopback(context)) return [];
  let module: typeof inspector;
  try {
    module = require('node:inspector') as typeof inspector;
  } catch {
    return []; // a Node.js built without it
  }
  const undo = patch(
    module,
    'open',
    (real) =>
      ({
        open(port?: number, host?: string, wait?: boolean): unknown {
          const address = addressOf(context, host);
          const open = (): unknown => Reflect.apply(real, module, [port, address, wait] as never);
          return address === '::1' ? withoutWarning(open) : open();
        },
      }).open as never,
  );
  if (isMainThread) reopen(module);
  return EXECUTABLES_REFUSE_IT && context.policy.children ? [undo, patchSpawn()] : [undo];
}

/** For NODE_OPTIONS: where `--inspect` listens when it names no host. */
export const INSPECT_OPTION = '--inspect-port=[::1]:9229';

/** A single executable made of Node.js 20 ends at once where it finds an option of the inspector in NODE_OPTIONS. */
const EXECUTABLES_REFUSE_IT = Number.parseInt(process.versions.node, 10) < 22;

/** Whether all child processes are to have `INSPECT_OPTION`. */
export function childrenNeedInspectOption(context: HookContext): boolean {
  return lacksIPv4Loopback(context) && !EXECUTABLES_REFUSE_IT;
}

/** Gives `INSPECT_OPTION` to those child processes alone that are called node, or are started with `--inspect`. */
function patchSpawn(): Undo {
  return patch(
    ChildProcess.prototype as unknown as { spawn(options: SpawnOptions): number },
    'spawn',
    (real) =>
      ({
        spawn(this: unknown, options: SpawnOptions): number {
          const { file = '', args = [], envPairs = [] } = options;
          const at = envPairs.findIndex((pair) => pair.startsWith('NODE_OPTIONS='));
          const takesIt = basename(file) === 'node' || args.some((arg) => String(arg).includes('--inspect'));
          if (!takesIt || at < 0 || envPairs[at]?.includes('--inspect-port')) {
            return Reflect.apply(real, this as never, [options]);
          }
          const inspected = envPairs.with(at, `${envPairs[at]} ${INSPECT_OPTION}`);
          return Reflect.apply(real, this as never, [{ ...options, envPairs: inspected }]);
        },
      }).spawn,
  );
}

/** lib/internal/child_process.js */
interface SpawnOptions {
  readonly file?: string;
  /** Whatever the program gave: numbers too. */
  readonly args?: readonly unknown[];
  readonly envPairs?: readonly string[];
}

function lacksIPv4Loopback(context: HookContext): boolean {
  return context.translator.local('127.0.0.1').kind === 'translate';
}

function addressOf(context: HookContext, host: string | null | undefined): string | undefined {
  if (host === undefined || host === null || host === 'localhost') return '::1';
  const decision = isIPv4(host) ? context.translator.local(host) : undefined;
  return decision?.kind === 'translate' ? decision.address : host;
}

/** Node.js warns of a public address unless it reads `[::1]`, on which it cannot listen. The call is synchronous. */
function withoutWarning(open: () => unknown): unknown {
  const real = process.emitWarning;
  process.emitWarning = ((...args: unknown[]) => {
    if (args[1] !== 'SecurityWarning') Reflect.apply(real, process, args);
  }) as typeof real;
  try {
    return open();
  } finally {
    process.emitWarning = real;
  }
}

/** `--inspect`, `-brk` and `-wait` of the command line and of NODE_OPTIONS; the last one counts. */
function reopen(module: typeof inspector): void {
  const options = [...(process.env.NODE_OPTIONS ?? '').split(/\s+/), ...process.execArgv];
  const asked = options.map((option) => /^--inspect(-brk|-wait)?(?:=(.*))?$/.exec(option)).findLast(Boolean);
  if (!asked || module.url() !== undefined) return;
  const [, how, where = ''] = asked;
  const host = /^\d*$/.test(where) ? undefined : where.replace(/:\d*$/, '');
  // Where another name or an IPv6 address was asked for, it is not the family that failed.
  if (host !== undefined && host !== 'localhost' && !isIPv4(host)) return;
  (module.open as Open)(process.debugPort, host, how !== undefined);
}
