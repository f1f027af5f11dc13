import { setMethod } from '../set-method';
import { HandleState } from './handle-state';

interface Closable {
  close(callback?: () => void): void;
}

interface Listener {
  readonly before: () => void;
  readonly after: (() => void) | undefined;
}

/** Handle → its listeners. One method serves them all, so that they can be removed in any order. */
const watched = new HandleState<Set<Listener>>('close listeners');

/**
 * Calls `before` just before the handle is closed. Calls `after` when it has been closed: libuv completes the pending
 * requests of a handle at that moment, before the program learns of it and can use its socket for something else.
 * @returns removes both
 */
export function onClose(handle: Closable, before: () => void, after?: () => void): () => void {
  const listeners = watched.get(handle) ?? watch(handle);
  const listener: Listener = { before, after };
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function watch(handle: Closable): Set<Listener> {
  const listeners = new Set<Listener>();
  watched.set(handle, listeners);
  const own = Object.hasOwn(handle, 'close') ? handle.close : undefined;
  setMethod(handle, 'close', (callback) => {
    const told = [...listeners];
    listeners.clear();
    for (const { before } of told) before();
    // The prototype of a datagram socket's handle changes when it is bound.
    const close = own ?? (Object.getPrototypeOf(handle) as Closable).close;
    const isAwaited = told.some(({ after }) => after !== undefined);
    const closed = () => {
      for (const { after } of told) after?.();
      callback?.call(handle);
    };
    Reflect.apply(close, handle, [isAwaited ? closed : callback]);
  });
  return listeners;
}
