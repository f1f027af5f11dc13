import { errnoOf } from '../handle/errno';
import type { SocketName, TcpHandle, UdpHandle } from '../node-internals';
import { patch } from '../patch';
import type { TcpListeners } from '../tcp/listen';
import type { SecondQuery, UdpSockets } from '../udp/sockets';

/** lib/internal/cluster/child.js: how the server or datagram socket of a worker asks the primary for a handle. */
interface ClusterInternals {
  readonly isWorker: boolean;
  _getServer(server: Bound, query: Query, callback: Callback): void;
}
interface Query {
  readonly address: string | null;
  readonly port: number;
  readonly addressType: number | string;
  readonly fd?: number | null;
  readonly flags?: number;
}
type Handle = TcpHandle | UdpHandle;
type Callback = (status: number, handle: Handle) => void;
type Ask = (answered: Callback, by?: Pick<Bound, 'once' | 'address'>, what?: Query) => void;

/** A `net.Server` or a `dgram.Socket`. */
interface Bound {
  once(event: 'listening' | 'close', listener: () => void): unknown;
  address(): { port: number } | null;
  close(): unknown;
}

/** Shares the ports of one protocol in this process. */
interface Sharing<H> {
  /** A handle that shares a kernel socket of this process. Undefined if none can accept its traffic. */
  join?(address: string, port: number, family: 4 | 6, flags: number): H | undefined;
  /** Records the endpoint to which the primary bound a handle. */
  noteBound(handle: H, address: string, port: number, family: 4 | 6, flags: number): void;
  /** The query for a second handle from the primary, and its result. */
  secondOf?(handle: H): SecondQuery | undefined;
  takeSecond?(handle: H, second: H): void;
  /** Called when the handle has its owner. */
  settle?(handle: H): void;
}

/**
 * In a cluster worker that shares its handles with others (SCHED_NONE, and all UDP), the primary binds a kernel socket
 * for each endpoint. If the primary cannot bind an endpoint beside another one, the worker shares that one here.
 */
export function patchCluster(tcp: TcpListeners, udp: UdpSockets): void {
  // A process without a channel to a primary is not a worker, so the module is not loaded.
  if (!process.channel) return;
  const cluster = require('node:cluster') as unknown as ClusterInternals;
  if (!cluster.isWorker) return;
  patch(cluster, '_getServer', (real) => (server, query, callback) => {
    const ask: Ask = (answered, by = server, what = query) => Reflect.apply(real, cluster, [by, what, answered]);
    const { addressType, address, fd } = query;
    if (!address || (typeof fd === 'number' && fd >= 0)) ask(callback);
    else if (addressType === 4 || addressType === 6) share(tcp, addressType, server, query, ask, callback);
    else if (addressType === 'udp4') share(udp, 4, server, query, ask, callback);
    else if (addressType === 'udp6') share(udp, 6, server, query, ask, callback);
    else ask(callback);
  });
}

function share<H extends Handle>(
  sharing: Sharing<H>,
  family: 4 | 6,
  server: Bound,
  query: Query,
  ask: Ask,
  callback: Callback,
): void {
  const { port, flags = 0 } = query;
  const address = query.address as string;
  const hand = (handle: H) => {
    callback(0, handle);
    sharing.settle?.(handle);
  };
  ask((status, handle) => {
    if (isSocket(handle) && isBound(handle, port)) {
      sharing.noteBound(handle as H, address, port, family, flags);
      const second = sharing.secondOf?.(handle as H);
      if (second === undefined) return hand(handle as H);
      ask(
        (failed, other) => {
          if (failed === 0 && isSocket(other)) sharing.takeSecond?.(handle as H, other as H);
          hand(handle as H);
        },
        NOBODY,
        { ...second, fd: -1 },
      );
      return undefined;
    }
    const isInUse = isSocket(handle) || status === errnoOf('EADDRINUSE');
    const joined = isInUse ? sharing.join?.(address, port, family, flags) : undefined;
    if (joined === undefined) return callback(status, handle);
    if (isSocket(handle)) handle.close();
    server.once('listening', () => announce(server, query));
    leaveWithCluster(server);
    hand(joined);
  });
}

/** The owner for the query of a datagram socket's second handle. It is not a server, and does not listen afterwards. */
const NOBODY = { once: () => {}, address: () => null };

/** If the primary listens for a server, the worker has only a placeholder without a socket. */
function isSocket(handle: Handle): boolean {
  return typeof handle?.bind6 === 'function';
}

/** For TCP, libuv reports EADDRINUSE only when the handle is used, and never in another process. */
function isBound(handle: Handle, port: number): boolean {
  const name: SocketName = {};
  return handle.getsockname(name) === 0 && (port === 0 || name.port === port);
}

/** Servers that the primary does not know. */
const joined = new Set<Bound>();

/** A worker that disconnects closes its servers from the primary. It must close this one too. */
function leaveWithCluster(server: Bound): void {
  if (joined.size === 0) process.once('disconnect', closeJoined);
  joined.add(server);
  server.once('close', () => {
    joined.delete(server);
    if (joined.size === 0) process.off('disconnect', closeJoined);
  });
}

function closeJoined(): void {
  for (const server of joined) server.close();
}

/** Sends the message from which the primary emits `'listening'`. */
function announce(server: Bound, { address, addressType, fd }: Query): void {
  const port = server.address()?.port;
  process.send?.({ cmd: 'NODE_CLUSTER', act: 'listening', address, addressType, fd, port });
}
