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
 * the primary, which has not heard of the sharing, could only say EADDRINUSE.
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
            const handle =
              isTcp && address && !(typeof fd === 'number' && fd >= 0)
                ? listeners.join(address, port, addressType, flags)
                : undefined;
            if (!handle) {
              Reflect.apply(real, cluster, [server, query, callback]);
              return;
            }
            server.once('listening', () => announce(server, query));
            // As the primary would, on the way out of the cluster.
            process.once('disconnect', () => server.close());
            process.nextTick(callback, 0, handle);
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
