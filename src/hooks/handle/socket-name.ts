import type { Errno, SocketName } from '../node-internals';

/** A name for the kernel to fill in. It has no prototype, so it stays empty if the kernel fills in nothing. */
export function emptyName(): SocketName {
  return { __proto__: null } as SocketName;
}

/** The name of a socket by Node's `getsockname`, or of its peer by `getpeername`. Empty if it has none. */
export function socketName<H>(handle: H, method: (this: H, out: SocketName) => Errno): SocketName {
  const out = emptyName();
  method.call(handle, out);
  return out;
}
