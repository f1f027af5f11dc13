import type inspector from 'node:inspector';
import { isIPv4 } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import type { HookContext } from '../context';
import { patch } from '../patch';
import { execArgvNow, optionsIn } from './node-options';

type Open = (port?: number, host?: string, wait?: boolean) => unknown;

/**
 * The inspector listens by itself, in C++, on 127.0.0.1. If the loopback has no IPv4, `inspector.open()` uses ::1
 * instead, and an `--inspect` that failed before the preload ran is opened now. Its error stays on stderr. NODE_OPTIONS
 * could set another address earlier, but test runners, clusters and bundlers read their settings from it.
 */
export function patchInspector(context: HookContext): void {
  if (context.translator.local('127.0.0.1').kind !== 'translate') return;
  let module: typeof inspector;
  try {
    module = require('node:inspector') as typeof inspector;
  } catch {
    return; // this Node.js was built without the inspector
  }
  const wrap = (real: Open): Open =>
    function open(port, host, wait) {
      const address = addressOf(context, host);
      const listen = (): unknown => Reflect.apply(real, module, [port, address, wait]);
      return address === '::1' ? withoutWarning(listen) : listen();
    };
  patch(module, 'open', wrap as never);
  if (isMainThread) reopen(module);
}

function addressOf(context: HookContext, host: string | null | undefined): string | undefined {
  if (host === undefined || host === null || host === 'localhost') return '::1';
  const decision = isIPv4(host) ? context.translator.local(host) : undefined;
  return decision?.kind === 'translate' ? decision.address : host;
}

/**
 * Node.js warns about a public address unless it is written `[::1]`, on which it cannot listen. The call is
 * synchronous.
 */
function withoutWarning(open: () => unknown): unknown {
  type Emit = (...args: unknown[]) => void;
  const wrap =
    (real: Emit): Emit =>
    (...args) => {
      if (args[1] !== 'SecurityWarning') Reflect.apply(real, process, args);
    };
  const undo = patch(process, 'emitWarning', wrap as never);
  try {
    return open();
  } finally {
    undo();
  }
}

/** Opens the inspector for `--inspect`, `-brk` or `-wait` of the command line or NODE_OPTIONS. The last one counts. */
function reopen(module: typeof inspector): void {
  const options = [...optionsIn(process.env.NODE_OPTIONS), ...execArgvNow()];
  const asked = options.map((option) => /^--inspect(-brk|-wait)?(?:=(.*))?$/.exec(option)).findLast(Boolean);
  if (!asked || module.url() !== undefined) return;
  const [, how, where = ''] = asked;
  const host = /^\d*$/.test(where) ? undefined : where.replace(/:\d*$/, '');
  // If the option names another host or an IPv6 address, the missing IPv4 was not the cause.
  if (host !== undefined && host !== 'localhost' && !isIPv4(host)) return;
  (module.open as Open)(process.debugPort, host, how !== undefined);
}
