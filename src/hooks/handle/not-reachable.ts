import type { HookContext } from '../context';
import { warn } from '../warn';

/**
 * Warns, once, of a socket on 0.0.0.0 that the Internet reaches by no way: it stays on IPv4, since other machines reach the
 * host there (a VPN), and IPv4 has no general route.
 */
export function warnNotReachable({ translator, policy }: HookContext): void {
  if (policy.mode !== 'auto' || policy.listen !== 'auto' || translator.opensToIPv6() || translator.hasGeneralRoute())
    return;
  warn(
    'what listens on 0.0.0.0 is reached over IPv4 alone, by the neighbours of this host: it was not opened to IPv6, since ' +
      'that could be the whole Internet. Set "listen" in the policy: "both" opens it, "ipv4" ends this warning',
    'V6ONLY_NOT_REACHABLE',
    policy.log,
  );
}
