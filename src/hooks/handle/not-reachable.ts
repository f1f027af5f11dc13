import type { HookContext } from '../context';
import { warn } from '../warn';

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
