import type { Policy } from '../../policy/types';
import { warn } from '../warn';
import type { Endpoint } from './port-table';

const CODE = 'V6ONLY_PORT_IN_USE';

/** A wildcard IPv4 socket that hears IPv4 alone: another process has the port for IPv6. */
export function warnIPv4Only({ address, port }: Endpoint, log: Policy['log']): void {
  warn(
    `${address}:${port} cannot be reached from other hosts: they arrive over IPv6 here, and another process has [::]:${port}. ` +
      'Stop the other listener, or use another port',
    CODE,
    log,
  );
}

/** A shared socket was closed, and the narrower one that was to replace it could not be had. */
export function warnLost({ address, port }: Endpoint, errorName: string, log: Policy['log']): void {
  const isTaken = errorName === 'EADDRINUSE';
  warn(
    `The listener on port ${port} of ${address} receives nothing for now: when a listener beside it closed, it needed a socket of ` +
      `its own, and that failed with ${errorName}${isTaken ? ', because another process took the port' : ''}. v6only tries again ` +
      `every second. ${isTaken ? 'Stop the other process' : 'Close what the process has open, or raise its limits'}`,
    CODE,
    log,
  );
}
