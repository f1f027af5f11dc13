import type { Decision, Translated } from '../../address/decision';
import { MAPPED, mappedIPv4 } from '../../address/mapped';
import type { RealTcp } from '../handle/real-methods';
import { type ConnectRequest, type Errno, type TcpHandle, UV_IPV6ONLY } from '../node-internals';
import type { Facade } from './facade';

/** A way to a destination: over IPv4, or to an IPv6 address. */
export type Way = Extract<Decision, { kind: 'direct' }> | Translated;

/** A connect whose destination may be reached by several ways. */
export interface WaysRequest {
  readonly handle: TcpHandle;
  readonly req: ConnectRequest;
  /** The IPv4 address. */
  readonly address: string;
  readonly port: number;
  /** In order of preference. May be empty if `more` has some. */
  readonly ways: readonly Way[];
  /** Further ways that are not known yet. Called when those above are used up. */
  readonly more?: (() => Promise<readonly Way[]>) | undefined;
  /** Milliseconds until the next way is tried in parallel with one that has not answered. */
  readonly delayMs: number;
  readonly facadeFor: (way: Way) => Facade | undefined;
  /** The destination answered on this way: it accepted or refused the connection. */
  readonly onAnswer?: (way: Way) => void;
}

/** Starts a way on `handle`. The program's own handle is bound already; another is bound to the same local port. */
export function connectWay(
  real: RealTcp,
  { handle: own, req: { localPort }, address, port }: WaysRequest,
  way: Way,
  handle: TcpHandle,
  req: ConnectRequest,
): Errno {
  if (way.kind !== 'direct') {
    const bound = handle !== own && localPort ? real.bind6.call(handle, '::', localPort, UV_IPV6ONLY) : 0;
    return bound || real.connect6.call(handle, req, way.address, port);
  }
  const ipv4 = mappedIPv4(way.address) ?? address;
  // The program's own handle is bound as AF_INET6.
  if (handle === own && localPort) return real.connect6.call(handle, req, MAPPED + ipv4, port);
  const bound = localPort ? real.bind.call(handle, '0.0.0.0', localPort, 0) : 0;
  return bound || real.connect.call(handle, req, ipv4, port);
}
