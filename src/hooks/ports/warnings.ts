import type { Policy } from '../../policy/types';
import { warn } from '../warn';
import type { Endpoint } from './port-table';

const CODE = 'V6ONLY_PORT_IN_USE';

/** Warns about a wildcard IPv4 socket that accepts IPv4 only, because another process has the port for IPv6. */
export function warnIPv4Only({ address, port }: Endpoint, log: Policy['log']): void {
  warn(
    `${address}:${port} cannot be reached from other hosts: they connect over IPv6 here, and another process uses [::]:${port}. ` +
      'Stop the other listener, or use another port',
    CODE,
    log,
  );
}

/** Warns that a shared socket was closed and that the narrower one for a remaining listener could not be opened. */
export function warnLost({ address, port }: Endpoint, errorName: string, log: Policy['log']): void {
  const isTaken = errorName === 'EADDRINUSE';
  warn(
    `The listener on port ${port} of ${address} receives nothing for now: after another listener on the port closed, it needed a socket of ` +
      `its own, and that failed with ${errorName}${isTaken ? ', because another process took the port' : ''}. v6only tries again ` +
      `every second. ${isTaken ? 'Stop the other process' : 'Close unused sockets and files of the process, or raise its limits'}`,
    CODE,
    log,
  );
}
