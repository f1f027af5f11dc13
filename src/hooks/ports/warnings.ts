import type { Policy } from '../../policy/types';
import type { HookContext } from '../context';
import { warn } from '../warn';
import type { Endpoint } from './port-table';

const CODE = 'V6ONLY_PORT_IN_USE';

/** Warns about a wildcard IPv4 socket that accepts IPv4 only, because another process has the port for IPv6. */
export function warnIPv4Only({ address, port }: Pick<Endpoint, 'address' | 'port'>, log: Policy['log']): void {
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

/**
 * Warns once for each port about a socket on 0.0.0.0 that no host of the Internet can reach: it stays on IPv4 because other
 * machines reach the host over IPv4 (a VPN), but IPv4 has no general route. All listeners on any free port are one.
 */
export function warnNotReachable({ translator, policy }: HookContext, protocol: 'TCP' | 'UDP', port: number): void {
  if (policy.mode !== 'auto' || policy.listen !== 'auto' || translator.opensToIPv6() || translator.hasGeneralRoute())
    return;
  const listener = port === 0 ? `a ${protocol} listener on a free port of 0.0.0.0` : `0.0.0.0:${port} (${protocol})`;
  warn(
    `only the IPv4 neighbours of this host can reach ${listener}. v6only did not open it to IPv6, because ` +
      'that could expose it to the whole Internet. Set "listen" in the policy: "both" opens it, "ipv4" silences this warning',
    'V6ONLY_NOT_REACHABLE',
    policy.log,
  );
}
