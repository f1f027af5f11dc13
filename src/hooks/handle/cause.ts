import type { V6OnlyError } from '../../errors';

interface Destroyable {
  destroy?(error?: Error & { errors?: Error[]; syscall?: string }, ...rest: unknown[]): unknown;
}
interface Emitter {
  emit?(event: string, ...args: unknown[]): boolean;
}

/**
 * Lets the error that lib/net.js makes of a returned code carry `cause`. It destroys the socket with it, at once or on a
 * later tick; until then the socket has a `destroy` of its own.
 */
export function explainConnect(owner: object | undefined, address: string, cause: V6OnlyError): void {
  const socket = owner as Destroyable | undefined;
  const destroy = socket?.destroy;
  if (!socket || !destroy) return;
  socket.destroy = function (error, ...rest) {
    delete socket.destroy;
    // Happy Eyeballs collects one error for each address.
    for (const one of error?.errors ?? [error]) {
      if (one !== undefined && (one as { address?: string }).address === address) one.cause ??= cause;
    }
    return Reflect.apply(destroy, this, [error, ...rest]);
  };
}

/** The same for a server or a datagram socket, which emits its error. */
export function explainEmitted(owner: object | undefined, cause: V6OnlyError): void {
  const emitter = owner as Emitter | undefined;
  const emit = emitter?.emit;
  if (!emitter || !emit) return;
  emitter.emit = function (event, ...args) {
    if (event === 'error' || event === 'listening') delete emitter.emit;
    if (event === 'error' && args[0] instanceof Error) args[0].cause ??= cause;
    return Reflect.apply(emit, this, [event, ...args]);
  };
}
