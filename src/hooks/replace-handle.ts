import type { HandleClasses, TcpHandle } from './node-internals';

/** A `net.Socket` with its internal symbols. */
interface ReplaceableSocket {
  readonly destroyed: boolean;
  /** For TLS, an object around the handle. */
  readonly _handle: (TcpHandle & { readonly _parent?: TcpHandle; enableSessionCallbacks?: () => void }) | null;
  readonly listenerCount?: (event: string) => number;
  /** Of TLS. */
  setSession?: (session: unknown) => void;
  /** lib/internal/streams/destroy.js. */
  _undestroy?: () => void;
  [symbol: symbol]: unknown;
}

/**
 * @param reinitialize the symbol of the method of lib/net.js and lib/internal/tls/wrap.js that gives a socket another handle
 * @param asyncId the symbol of a socket's asynchronous id
 */
export function handleReplacer(
  ownerOf: HandleClasses['ownerOf'],
  reinitialize: symbol,
  asyncId: symbol,
): HandleClasses['replaceHandle'] {
  return (from, to) => {
    const owner = ownerOf(from) as ReplaceableSocket | undefined;
    // A closed handle keeps its owner, which may be connecting with another handle by then.
    const isLive = owner?._handle === from || owner?._handle?._parent === from;
    if (!isLive || owner?.destroyed !== false || typeof owner[reinitialize] !== 'function') return undefined;
    const id = owner[asyncId];
    const own = Object.getOwnPropertyDescriptor(owner, '_undestroy');
    // lib/net.js makes the streams new. But the program may have called `end()` already, and reads what it will read.
    Object.defineProperty(owner, '_undestroy', { __proto__: null, value: () => {}, configurable: true } as object);
    try {
      (owner[reinitialize] as (handle: TcpHandle) => void)(to);
    } finally {
      if (own) Object.defineProperty(owner, '_undestroy', own);
      else delete owner._undestroy;
    }
    // The asynchronous id stays, so that async hooks see the same socket.
    owner[asyncId] = id;
    keepSession(owner);
    return owner._handle ?? undefined;
  };
}

/** TLS defines the property of a handle from which it reads, its own or that of another socket. */
export function isHeld(handle: TcpHandle, owner: Partial<ReplaceableSocket> | undefined): boolean {
  return owner?._handle === handle && Object.getOwnPropertyDescriptor(handle, 'reading')?.get !== undefined;
}

/**
 * The new handle resumes the TLS session that `tls.connect` was given, and tells of new ones. lib/internal/tls/wrap.js
 * forgets both.
 */
function keepSession(owner: ReplaceableSocket): void {
  if (!owner._handle?.enableSessionCallbacks) return;
  if (owner.listenerCount?.('session')) owner._handle.enableSessionCallbacks();
  const key = Object.getOwnPropertySymbols(owner).find((one) => one.description === 'connect-options');
  const { session } = (key ? owner[key] : {}) as { session?: unknown };
  if (session) owner.setSession?.(session);
}
