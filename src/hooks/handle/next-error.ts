import type { V6OnlyError } from '../../report/errors';
import { setMethod } from '../set-method';

/** What lib/net.js and lib/dgram.js call with an error. */
interface Owner {
  readonly destroyed?: boolean;
  emit(event: string, ...args: unknown[]): boolean;
  destroy?(error?: Error & { readonly errors?: readonly Error[] }, ...rest: unknown[]): unknown;
}
type Method = 'emit' | 'destroy';

/**
 * Node.js creates the error of a failed call itself, from the code that it gets. A socket that connects passes it on
 * before any other code runs: to `emit` ("connectionAttemptFailed"), or to `destroy`. So the socket has its own two
 * methods only until the first call of either. Later errors, and other attempts of the same socket, are not of concern.
 */
export function changeNextError(owner: object | undefined, change: (error: Error) => void): void {
  // Node.js reports nothing to a socket that the program has destroyed.
  if (owner === undefined || (owner as Owner).destroyed) return;
  const end = override(owner as Owner, (method, args) => {
    end();
    const error = args[method === 'emit' ? args.length - 1 : 0] as (Error & { errors?: Error[] }) | undefined;
    // If several addresses failed, the last error is that of this attempt.
    const own = error?.errors?.at(-1) ?? error;
    if (own instanceof Error) change(own);
  });
  // A handle can be used without lib/net.js.
  process.nextTick(end);
}

/** The call in progress that throws its error, and the cause of this error. */
let throwing: { readonly owner: object; cause?: V6OnlyError } | undefined;

/** Makes a call of a socket that throws its error. The error gets the cause of which `explainEmitted` is told meanwhile. */
export function explainThrown<T>(owner: object, call: () => T): T {
  const outer = throwing;
  const own: typeof throwing = { owner };
  throwing = own;
  try {
    return call();
  } catch (error) {
    if (own.cause && error instanceof Error) setCause(error, own.cause);
    throw error;
  } finally {
    throwing = outer;
  }
}

/** Sets `cause` on the error of a server or a datagram socket, which emits it up to a tick later. */
export function explainEmitted(owner: object | undefined, cause: V6OnlyError): void {
  if (owner === undefined) return;
  if (throwing?.owner === owner) {
    throwing.cause = cause;
    return;
  }
  const end = override(owner as Owner, (method, [event, error]) => {
    if (method !== 'emit' || event !== 'error' || !(error instanceof Error) || !('syscall' in error)) return;
    end();
    setCause(error, cause);
  });
  // Node.js schedules its call after this one. It makes none if the program gave a callback.
  process.nextTick(() => process.nextTick(end));
}

/** The program may have made its errors read-only. */
export function setCause(error: Error, cause: V6OnlyError): void {
  if (error.cause === undefined && Object.isExtensible(error)) error.cause = cause;
}

/** Calls `before` with every call of a method until the result is called. Methods of the program's own stay in use. */
function override(owner: Owner, before: (method: Method, args: readonly unknown[]) => void): () => void {
  const undo = (['emit', 'destroy'] as const).map((method) => {
    const own = Object.getOwnPropertyDescriptor(owner, method);
    const inner = owner[method];
    if (typeof inner !== 'function') return () => {};
    let isActive = true;
    const outer = function (this: unknown, ...args: unknown[]): unknown {
      if (isActive) before(method, args);
      return Reflect.apply(inner, this, args);
    };
    setMethod(owner as unknown as Record<Method, typeof outer>, method, outer);
    return () => {
      isActive = false;
      // The program may have put a method of its own around this one.
      if ((owner[method] as unknown) !== outer) return;
      if (own) Object.defineProperty(owner, method, own);
      else delete (owner as Partial<Owner>)[method];
    };
  });
  return () => {
    for (const one of undo) one();
  };
}
