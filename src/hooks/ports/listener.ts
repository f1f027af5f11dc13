import type { SocketName, TcpHandle } from '../node-internals';
import type { KernelName, PortSocket } from './port-table';

export const BACKLOG = 511; // as lib/net.js has it

/** Milliseconds until v6only tries again to open a socket that could not be replaced. */
export const REOPEN_MS = 1000;

/**
 * Who else has a kernel socket: nobody (`own`); other workers, as it came from the cluster's primary (`workers`); another
 * process to which the program sent it or from which it came (`others`). Only one of its own can be replaced. One of others
 * serves no second listener of this process: who accepts its connections does not know of that.
 */
export type Sharing = 'own' | 'workers' | 'others';

/** A kernel socket. Its handle usually belongs to a listener of the program. */
export interface KernelSocket {
  readonly handle: TcpHandle;
  readonly name: KernelName;
  sharing: Sharing;
  /** The handle's original `close`. In a cluster worker it notifies the primary. */
  readonly close: TcpHandle['close'];
}

export interface Listener extends PortSocket {
  readonly handle: TcpHandle;
  /** Undefined while no kernel socket could be opened. The listener then receives nothing. */
  kernel: KernelSocket | undefined;
  /** Whether its handle has no kernel socket. */
  isVirtual: boolean;
  /** Whether its handle had a kernel socket, which was closed to make room for a shared one. */
  isClosed: boolean;
  referenced: boolean;
}

interface Acts {
  readonly of: (handle: TcpHandle) => Listener;
  readonly leave: (listener: Listener, callback: (() => void) | undefined) => void;
  /** Called when `referenced` of a listener has changed. */
  readonly referenced: (listener: Listener) => void;
  readonly getsockname: (handle: TcpHandle, out: SocketName) => number;
}

type Methods = Pick<TcpHandle, 'close' | 'ref' | 'unref' | 'hasRef' | 'getsockname'>;

/** The methods that replace those of listeners' handles. All handles share them. */
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
