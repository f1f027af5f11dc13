import type { HookContext } from '../context';
import { errnoOf } from './errno';
import type { ConnectRequest, Errno, TcpHandle } from './internals';

/** Calls `listener` when the program closes the handle; the result ends that. */
export function onClose(handle: TcpHandle, listener: () => void): () => void {
  const { close } = handle;
  const isOwn = Object.hasOwn(handle, 'close');
  handle.close = (callback) => {
    listener();
    Reflect.apply(close, handle, [callback]);
  };
  return () => {
    if (isOwn) handle.close = close;
    else delete (handle as Partial<TcpHandle>).close;
  };
}

/**
 * Holds a connect back until the NAT64 prefix is known: the call succeeds now and `connect` is made later, its failure
 * reported through `req.oncomplete`, as the kernel's would be.
 */
export function hold(context: HookContext, handle: TcpHandle, req: ConnectRequest, connect: () => Errno): Errno {
  return later(handle, req, () => context.prefixes.ready(), connect);
}

/** Lets a connect fail as the kernel would: not at once. */
export function completeLater(handle: TcpHandle, req: ConnectRequest, errorName: string): Errno {
  return later(
    handle,
    req,
    () => new Promise((resolve) => void setImmediate(resolve)),
    () => errnoOf(errorName),
  );
}

function later(handle: TcpHandle, req: ConnectRequest, wait: () => Promise<unknown>, connect: () => Errno): Errno {
  let closed = false;
  const release = onClose(handle, () => {
    closed = true;
  });
  const fail = (status: Errno) => req.oncomplete?.(status, handle, req, false, false);
  // What the program's listeners throw is an uncaught exception, as natively, and no promise's affair.
  void wait().then(() =>
    process.nextTick(() => {
      if (closed) return fail(errnoOf('ECANCELED'));
      release();
      const status = connect();
      return status === 0 ? undefined : fail(status);
    }),
  );
  return 0;
}
