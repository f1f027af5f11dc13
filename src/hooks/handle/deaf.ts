import type { Policy } from '../../policy/types';
import { warn } from '../warn';
import type { Endpoint } from './endpoint';

/** A socket on 0.0.0.0 that hears real IPv4 alone: where IPv4 comes in on this host, another process listens. */
export function warnDeaf({ address, port }: Endpoint, log: Policy['log']): void {
  warn(
    `${address}:${port} cannot be heard over IPv6, by which IPv4 comes in on this host: another process has [::]:${port}. ` +
      'It hears what this host itself sends over IPv4, no more. End the other listener, or use another port',
    'V6ONLY_PORT_IN_USE',
    log,
  );
}
