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
  const fail = (status: Errno) => req.oncomplete?.(status, handle, req, false, false);
  const release = onClose(handle, () => {
    cancel();
    // As in libuv: closing a handle completes its pending requests, but not within the call.
    setImmediate(fail, errnoOf('ECANCELED'));
  });
  const cancel = wait(() => {
    release();
    const status = connect();
    if (status !== 0) fail(status);
  });
  return 0;
}
