import { type IPv6Network, overlap, parseIPv6Network } from '../address/ipv6';
import type { Pref64 } from '../address/pref64';

/**
 * Whether a prefix that the network named may be learned. It may not if it overlaps one of `own`, the networks of this
 * host. Otherwise an attacker who forges the answer could choose as which IPv4 address a host of such a network appears.
 * The well-known prefix is no host's network, and is assumed without an answer anyway.
 */
export function mayLearn(prefix: Pref64, own: readonly IPv6Network[]): boolean {
  if (prefix.isWellKnown) return true;
  const network = parseIPv6Network(String(prefix));
  return !own.some((other) => overlap(network, other));
}
