import { V6OnlyError } from '../../report/errors';
import { setMethod } from '../set-method';

interface Destroyable {
  destroy?(error?: Error & { errors?: Error[]; syscall?: string }, ...rest: unknown[]): unknown;
}
interface Emitter {
  emit?(event: string, ...args: unknown[]): boolean;
}

interface Request {
  callback?: ((error: Error | null, ...rest: never[]) => void) | undefined;
  reject?: ((error: Error) => void) | undefined;
}
type Answered = (error: Error | null, ...rest: unknown[]) => void;

type ConnectError = Parameters<NonNullable<Destroyable['destroy']>>[0];

/**
 * Changes the error that lib/net.js creates from a returned code. Node destroys the socket with this error, at once or
 * on a later tick, so the socket gets its own `destroy` until then.
 */
function onDestroy(owner: object | undefined, change: (error: ConnectError) => ConnectError): void {
  const socket = owner as Destroyable | undefined;
  const destroy = socket?.destroy;
  if (!socket || !destroy) return;
  setMethod(socket, 'destroy', function (this: Destroyable, error, ...rest) {
    delete socket.destroy;
    return Reflect.apply(destroy, this, [change(error), ...rest]);
  });
}

/** Sets `cause` on the error of a connect to `address`. */
export function explainConnect(owner: object | undefined, address: string, cause: V6OnlyError): void {
  onDestroy(owner, (error) => {
    // Happy Eyeballs collects one error for each address.
    for (const one of error?.errors ?? [error]) {
      if (one !== undefined && (one as { address?: string }).address === address) one.cause ??= cause;
    }
    return error;
  });
}

/** The same for a server or a datagram socket, which emits its error. */
export function explainEmitted(owner: object | undefined, cause: V6OnlyError): void {
  const emitter = owner as Emitter | undefined;
  const emit = emitter?.emit;
  if (!emitter || !emit) return;
  setMethod(emitter, 'emit', function (this: Emitter, event, ...args) {
    if (event === 'error' || event === 'listening') delete emitter.emit;
    if (event === 'error' && args[0] instanceof Error) args[0].cause ??= cause;
    return Reflect.apply(emit, this, [event, ...args]);
  });
}

/** The same for a request of `send` or of a resolver: what its callback gets, or its promise is rejected with. */
export function explainRequest(req: Request, cause: V6OnlyError): void {
  for (const method of ['callback', 'reject'] as const) {
    const inner = req[method] as Answered | undefined;
    if (!inner) continue;
    setMethod(req as Record<typeof method, Answered>, method, (error, ...rest) => {
      if (error) error.cause ??= cause;
      inner.call(req, error, ...rest);
    });
  }
}

/** Errors of the path to a destination, not of the destination itself. */
export const NO_WAY: ReadonlySet<string> = new Set([
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
]);

/** Explains what was tried for an IPv4 destination that could not be reached, and what to check. */
export function noWay(
  ipv4: string,
  port: number,
  decision: { readonly address: string; readonly why: string },
  errorName: string,
  prefixOrigin: string,
): V6OnlyError {
  const assumed = prefixOrigin === 'assumed';
  return new V6OnlyError(
    assumed ? 'V6ONLY_NO_PREFIX' : 'V6ONLY_UNREACHABLE',
    `${ipv4}:${port} was tried as [${decision.address}]:${port} (${decision.why}), which failed with ${errorName}` +
      (assumed ? '; this network announces no NAT64 prefix, so the well-known one was assumed' : ''),
    assumed
      ? 'If the network has a NAT64, set its prefix with V6ONLY_NAT64 or with "nat64" in the policy'
      : 'Check that this host has an IPv6 route to the NAT64, and that the NAT64 reaches the address',
  );
}

/** Explains what was tried for an IPv4 destination with several ways, and how each attempt failed. */
export function failedWays(
  ipv4: string,
  port: number,
  ways: readonly {
    readonly way: { readonly kind: string; readonly address: string; readonly why: string };
    readonly errorName: string;
  }[],
): V6OnlyError {
  const tried = ways.map(({ way, errorName }) =>
    way.kind === 'direct' ? `over IPv4 (${errorName})` : `as [${way.address}]:${port} (${way.why}; ${errorName})`,
  );
  return new V6OnlyError(
    'V6ONLY_UNREACHABLE',
    `${ipv4}:${port} was tried ${tried.join(', then ')}`,
    'Check that this host has an IPv6 route to the NAT64, and that the NAT64 reaches the address',
  );
}

/** Makes lib/net.js destroy the socket with `error` instead of the error that it creates from a returned code. */
export function replaceError(owner: object | undefined, error: Error): void {
  onDestroy(owner, () => error);
}
