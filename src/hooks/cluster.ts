import type { TcpHandle } from './handle/internals';
import type { TcpListeners } from './handle/tcp-listen';
import { patch, type Undo } from './patch';

/** lib/internal/cluster/child.js: how a worker's server asks the primary for a handle. */
interface ClusterInternals {
  readonly isWorker: boolean;
  _getServer(server: Listening, query: Query, callback: (status: number, handle: TcpHandle) => void): void;
}
interface Query {
  readonly address: string | null;
  readonly port: number;
  readonly addressType: number | string;
  readonly fd?: number | null;
  readonly flags?: number;
}
interface Listening {
  once(event: 'listening', listener: () => void): unknown;
  address(): { port: number } | null;
  close(): unknown;
}

/**
 * In a cluster worker that shares its handles with others (SCHED_NONE) a second listener on a port joins the first one here:
 * the primary, which has not heard of the sharing, could only say EADDRINUSE. Where the first one is deaf to IPv4 the
 * primary is asked for a socket that hears IPv4 alone: the workers share that too.
 */
export function patchCluster(listeners: TcpListeners): Undo[] {
  // Without a channel to a primary this is no worker, and the module need not be loaded.
  if (!process.channel) return [];
  const cluster = require('node:cluster') as unknown as ClusterInternals;
  if (!cluster.isWorker) return [];
  return [
    patch(
      cluster,
      '_getServer',
      (real) =>
        ({
          _getServer(server: Listening, query: Query, callback: (status: number, handle: TcpHandle) => void): void {
            const { address, port, addressType, fd, flags = 0 } = query;
            const isTcp = addressType === 4 || addressType === 6;
            const isAddress = isTcp && address !== null && !(typeof fd === 'number' && fd >= 0);
            const guest = isAddress ? listeners.guestFor(address, port, addressType, flags) : undefined;
            const join = (companion?: TcpHandle) => {
              // As the primary would, on the way out of the cluster.
              if (!companion) process.once('disconnect', () => server.close());
              callback(0, listeners.join(address as string, port, addressType as 4 | 6, flags, companion));
            };
            if (guest === 'virtual') {
              server.once('listening', () => announce(server, query));
              process.nextTick(join);
              return;
            }
            const answered = (status: number, handle: TcpHandle) => {
              if (status !== 0) join();
              // The stand-in of a server that the primary listens for is no socket.
              else if (typeof handle.bind6 !== 'function') callback(status, handle);
              else join(handle);
            };
            Reflect.apply(real, cluster, [server, query, guest === 'companion' ? answered : callback]);
          },
        })._getServer,
    ),
  ];
}

/** What the primary's `'listening'` event is made of. */
function announce(server: Listening, { address, addressType, fd }: Query): void {
  const port = server.address()?.port;
  process.send?.({ cmd: 'NODE_CLUSTER', act: 'listening', address, addressType, fd, port });
}
