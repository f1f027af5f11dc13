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

/** While a shared socket was replaced by a narrower one, somebody else took the port. */
export function warnLost({ address, port }: Endpoint, log: Policy['log']): void {
  warn(
    `The listener on ${address}:${port} no longer receives anything: another process took the port while a listener that shared ` +
      'it closed. Stop the other process, and listen again',
    CODE,
    log,
  );
}
