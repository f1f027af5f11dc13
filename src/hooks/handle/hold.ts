import type { HookContext } from '../context';
import { errnoOf } from './errno';
import type { ConnectRequest, Errno, TcpHandle } from './internals';

/**
 * Holds a connect back until the NAT64 prefix is known: the call succeeds now and `connect` is made later, its failure
 * reported through `req.oncomplete`, as the kernel's would be.
 */
export function hold(context: HookContext, handle: TcpHandle, req: ConnectRequest, connect: () => Errno): Errno {
  let closed = false;
  const { close } = handle;
  handle.close = (callback) => {
    closed = true;
    Reflect.apply(close, handle, [callback]);
  };
  void context.prefixes.ready().then(() => {
    delete (handle as Partial<TcpHandle>).close;
    if (closed) {
      req.oncomplete?.(errnoOf('ECANCELED'), handle, req, false, false);
      return;
    }
    const status = connect();
    if (status !== 0) req.oncomplete?.(status, handle, req, false, false);
  });
  return 0;
}

/** Lets a connect fail as the kernel would: not at once, and not at all when the handle is closed first. */
export function completeLater(handle: TcpHandle, req: ConnectRequest, errorName: string): Errno {
  let closed = false;
  const { close } = handle;
  handle.close = (callback) => {
    closed = true;
    Reflect.apply(close, handle, [callback]);
  };
  setImmediate(() => {
    if (!closed) delete (handle as Partial<TcpHandle>).close;
    req.oncomplete?.(errnoOf(closed ? 'ECANCELED' : errorName), handle, req, false, false);
  });
  return 0;
}
