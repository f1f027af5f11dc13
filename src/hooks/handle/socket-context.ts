import { AsyncResource } from 'node:async_hooks';
import type dgram from 'node:dgram';
import diagnosticsChannel from 'node:diagnostics_channel';
import type { HookContext } from '../context';
import type { UdpHandle } from '../node-internals';
import { onTakeBack } from '../patch';
import { HandleState } from './handle-state';

/** The channel on which Node.js announces each socket that dgram.createSocket() creates. */
const CREATED = 'udp.socket';

const contexts = new HandleState<AsyncResource | undefined>('context');

/**
 * Records the asynchronous context (AsyncLocalStorage) in which the program creates each datagram socket. Natively the
 * kernel socket is created there, and all events of the socket run in this context. Calls `created` for each.
 */
export function onCreated({ classes }: Pick<HookContext, 'classes'>, created: (handle: UdpHandle) => void): void {
  const listener = (event: unknown) => {
    const { socket } = event as {
      readonly socket: dgram.Socket & Record<symbol, { readonly handle?: UdpHandle | null }>;
    };
    const handle = socket[classes.dgramStateSymbol]?.handle;
    // A socket with an aborted signal is closed already.
    if (!handle) return;
    contexts.set(handle, new AsyncResource('V6ONLY'));
    created(handle);
  };
  diagnosticsChannel.subscribe(CREATED, listener);
  onTakeBack(() => void diagnosticsChannel.unsubscribe(CREATED, listener));
}

/** Calls `run` in the context of the program's socket that has this handle, or in the current one if it is not known. */
export function inContextOf<T>(handle: UdpHandle, run: () => T): T {
  const context = contexts.get(handle);
  return context === undefined ? run() : context.runInAsyncScope(run);
}

/** A handle for another kernel socket of the program's socket `of`. It receives in the same context. */
export function otherHandleOf(of: UdpHandle, { classes: { Udp } }: Pick<HookContext, 'classes'>): UdpHandle {
  const other = inContextOf(of, () => new Udp());
  contexts.set(other, contexts.get(of));
  return other;
}
