import { mappedIPv4 } from '../../address/mapped';
import { type ConnectRequest, type Errno, type TcpHandle, UV_IPV6ONLY } from '../node-internals';
import type { TcpFacades } from './facade';
import type { Way, WaysRequest } from './ways';

/** Starts a way on `handle`. The program's own handle is bound already; another is bound to the same local port. */
export function connectWay(
  { real }: TcpFacades,
  { handle: own, req: { localPort }, address, port }: WaysRequest,
  way: Way,
  handle: TcpHandle,
  req: ConnectRequest,
): Errno {
  const bound = handle !== own && localPort ? real.bind6.call(handle, '::', localPort, UV_IPV6ONLY) : 0;
  if (bound !== 0) return bound;
  if (way.kind === 'direct') return real.connect.call(handle, req, mappedIPv4(way.address) ?? address, port);
  return real.connect6.call(handle, req, way.address, port);
}
