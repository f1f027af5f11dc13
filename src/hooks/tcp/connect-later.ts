import { keep } from '../../kept-callbacks';
import type { HookContext } from '../context';
import { errnoOf } from '../handle/errno';
import { onClose } from '../handle/on-close';
import type { ConnectRequest, Errno, TcpHandle } from '../node-internals';

/**
 * Holds a connect until the NAT64 prefix is known. The call succeeds now, and `connect` runs later. `req.oncomplete`
 * reports a failure, as the kernel's would be. The process stays alive while the program waits.
 */
export function hold(context: HookContext, handle: TcpHandle, req: ConnectRequest, connect: () => Errno): Errno {
  return later(handle, req, context.prefixes.whenReady, connect);
}

/** Makes a connect fail as the kernel would: not at once. */
export function completeLater(handle: TcpHandle, req: ConnectRequest, errorName: string): Errno {
  const wait = (callback: () => void) => {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  };
  return later(handle, req, wait, () => errnoOf(errorName));
}

function later(
  handle: TcpHandle,
  req: ConnectRequest,
  wait: (callback: () => void) => () => void,
  connect: () => Errno,
): Errno {
  unlessClosed(handle, req, wait, () => {
    const status = connect();
    if (status !== 0) req.oncomplete?.(status, handle, req, false, false);
  });
  return 0;
}

/**
 * Continues a connect after `wait`. If the program closes the handle before, the request ends as in libuv: when the handle
 * has been closed, before the program can use its socket for another connect.
 */
export function unlessClosed(
  handle: TcpHandle,
  req: ConnectRequest,
  wait: (callback: () => void) => () => void,
  goOn: () => void,
): void {
  const release = onClose(
    handle,
    () => cancel(),
    // lib/net.js takes it from the request of an attempt that took too long.
    keep(() => req.oncomplete?.(errnoOf('ECANCELED'), handle, req, false, false)),
  );
  const cancel = wait(() => {
    release();
    goOn();
  });
}
