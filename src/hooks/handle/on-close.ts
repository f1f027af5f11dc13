import { setMethod } from '../set-method';

interface Closable {
  close(callback?: () => void): void;
}

/** Calls `listener` when the handle is closed, just before. The result removes the listener. */
export function onClose(handle: Closable, listener: () => void): () => void {
  const own = Object.hasOwn(handle, 'close') ? handle.close : undefined;
  setMethod(handle, 'close', (callback) => {
    listener();
    // The prototype of a datagram socket's handle changes when it is bound.
    const close = own ?? (Object.getPrototypeOf(handle) as Closable).close;
    Reflect.apply(close, handle, [callback]);
  });
  return () => {
    if (own) handle.close = own;
    else delete (handle as Partial<Closable>).close;
  };
}
