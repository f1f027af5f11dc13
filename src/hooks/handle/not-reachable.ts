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
    'a listener on 0.0.0.0 can only be reached by the IPv4 neighbours of this host. v6only did not open it to IPv6, because ' +
      'that could expose it to the whole Internet. Set "listen" in the policy: "both" opens it, "ipv4" silences this warning',
    'V6ONLY_NOT_REACHABLE',
    policy.log,
  );
}
