import { V6OnlyError } from '../../report/errors';
import { setMethod } from '../set-method';
import { turnIntoBlocked } from './block-lists';
import { changeNextError, setCause } from './next-error';

interface Request {
  callback?: ((error: Error | null, ...rest: never[]) => void) | undefined;
  reject?: ((error: Error) => void) | undefined;
}
type Answered = (error: Error | null, ...rest: unknown[]) => void;

/** Sets `cause` on the error of the connect or bind that fails now. */
export function explainConnect(owner: object | undefined, cause: V6OnlyError): void {
  changeNextError(owner, (error) => setCause(error, cause));
}

/** Makes the error of the connect that fails now the one of lib/net.js for an address that is blocked. */
export function reportBlocked(owner: object | undefined, address: string): void {
  changeNextError(owner, (error) => turnIntoBlocked(error, address));
}

/**
 * Sets `cause` on the error of a request of `send` or of a resolver: what its callback gets, or its promise is rejected
 * with.
 */
export function explainRequest(req: Request, cause: V6OnlyError): void {
  for (const method of ['callback', 'reject'] as const) {
    const inner = req[method] as Answered | undefined;
    if (!inner) continue;
    setMethod(req as Record<typeof method, Answered>, method, (error, ...rest) => {
      if (error) setCause(error, cause);
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
