import type { SocketName, TcpHandle } from '../node-internals';
import type { KernelName, PortSocket } from './port-table';

export const BACKLOG = 511; // as lib/net.js has it

/** After how long a socket that could not be replaced is asked for again. */
export const REOPEN_MS = 1000;

/** A kernel socket. The handle that has it is mostly a listener's own. */
export interface Kernel {
  readonly handle: TcpHandle;
  readonly name: KernelName;
  /** It came from the cluster's primary and is other workers' too, so it stays as it is. */
  readonly isFixed: boolean;
  /** The handle's `close` as it was: a cluster worker's tells the primary. */
  readonly close: TcpHandle['close'];
}

export interface Listener extends PortSocket {
  readonly handle: TcpHandle;
  /** Undefined while none can be had: then it hears nobody. */
  kernel: Kernel | undefined;
  /** Its handle has no kernel socket. */
  isVirtual: boolean;
  /** Its handle had one, which was closed to make room for a shared one. */
  isClosed: boolean;
  referenced: boolean;
}

interface Acts {
  readonly of: (handle: TcpHandle) => Listener;
  readonly leave: (listener: Listener, callback: (() => void) | undefined) => void;
  /** `referenced` of a listener has changed. */
  readonly referenced: (listener: Listener) => void;
  readonly getsockname: (handle: TcpHandle, out: SocketName) => number;
}

type Methods = Pick<TcpHandle, 'close' | 'ref' | 'unref' | 'hasRef' | 'getsockname'>;

/** What listeners' handles have instead of their own: the same for all. */
export function listenerMethods({ of, leave, referenced, getsockname }: Acts): Methods {
  const reference = (listener: Listener, on: boolean) => {
    listener.referenced = on;
    referenced(listener);
  };
  return {
    close(this: TcpHandle, callback) {
      leave(of(this), callback);
    },
    ref(this: TcpHandle) {
      reference(of(this), true);
    },
    unref(this: TcpHandle) {
      reference(of(this), false);
    },
    hasRef(this: TcpHandle) {
      return of(this).referenced;
    },
    getsockname(this: TcpHandle, out) {
      return getsockname(this, out);
    },
  };
}
