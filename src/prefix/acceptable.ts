import { type IPv6Network, parseIPv6, parseIPv6Network, sharesPrefix } from '../address/ipv6';
import type { Pref64 } from '../address/pref64';

/**
 * Networks that cannot be the prefix of a NAT64: the unspecified address, loopback, IPv4-compatible, IPv4-mapped (from
 * a resolver that answers with V4MAPPED), link-local and multicast addresses.
 */
const NEVER = ['::/96', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8'];

/**
 * Whether a prefix that the network named may be learned. It may not if it overlaps one of `own`, the networks of this
 * host. Otherwise an attacker who forges the answer could choose as which IPv4 address a host of such a network appears.
 * The well-known prefix is no host's network, and is assumed without an answer anyway.
 */
export function mayLearn(prefix: Pref64, own: readonly IPv6Network[]): boolean {
  if (prefix.isWellKnown) return true;
  const octets = parseIPv6(prefix.embed('0.0.0.0'));
  const overlaps = ({ octets: other, length }: IPv6Network) =>
    sharesPrefix(octets, other, Math.min(length, prefix.length));
  return !NEVER.some((text) => overlaps(parseIPv6Network(text))) && !own.some(overlaps);
}
