import type inspector from 'node:inspector';
import { isIPv4 } from 'node:net';
import type { HookContext } from './context';
import { patch, type Undo } from './patch';

/**
 * The inspector listens by itself, in C++, on 127.0.0.1. Where the loopback has no IPv4, `inspector.open()` means ::1, and
 * `--inspect` of child processes does too (see `INSPECT_OPTION`).
 */
export function patchInspector(context: HookContext): Undo[] {
  if (!lacksIPv4Loopback(context)) return [];
  let module: typeof inspector;
  try {
    module = require('node:inspector') as typeof inspector;
  } catch {
    return []; // a Node.js built without it
  }
  return [
    patch(
      module,
      'open',
      (real) =>
        ({
          open(port?: number, host?: string, wait?: boolean): unknown {
            const decision = host === undefined ? undefined : isIPv4(host) ? context.translator.local(host) : undefined;
            const address = host === undefined ? '::1' : decision?.kind === 'translate' ? decision.address : host;
            return Reflect.apply(real, module, [port, address, wait] as never);
          },
        }).open as never,
    ),
  ];
}

/** For NODE_OPTIONS: where `--inspect` listens when it names no host. */
export const INSPECT_OPTION = '--inspect-port=[::1]:9229';

export function lacksIPv4Loopback(context: HookContext): boolean {
  return context.translator.local('127.0.0.1').kind === 'translate';
}
