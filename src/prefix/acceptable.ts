import { type IPv6Network, type IPv6Octets, parseIPv6, parseIPv6Network, sharesPrefix } from '../address/ipv6';
import type { Pref64 } from '../address/pref64';

/** An entry of `os.networkInterfaces()`, as far as it is needed here. */
export interface OwnAddress {
  readonly address: string;
  readonly family: string;
  readonly cidr: string | null;
}

/**
 * What no NAT64 has for a prefix: the unspecified address, the loopback and IPv4-compatible addresses, IPv4-mapped ones
 * (a resolver that answers with V4MAPPED), link-local addresses, multicast.
 */
const NEVER = ['::/96', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8'];

/**
 * Whether a prefix that the network named may be learned. Not where this host or a neighbour of it has an address under it:
 * whoever forges the answer would choose which IPv4 address he reads as. An address of an interface tells its on-link
 * route, too. The well-known prefix is nobody's network, and would be assumed anyhow.
 */
export function mayLearn(prefix: Pref64, own: readonly OwnAddress[]): boolean {
  if (prefix.isWellKnown) return true;
  const octets = parseIPv6(prefix.embed('0.0.0.0'));
  const overlaps = ({ octets: other, length }: IPv6Network) =>
    sharesPrefix(octets, other, Math.min(length, prefix.length));
  return !NEVER.some((text) => overlaps(parseIPv6Network(text))) && !own.some((address) => isUnder(address, overlaps));
}

function isUnder({ address, family, cidr }: OwnAddress, overlaps: (network: IPv6Network) => boolean): boolean {
  if (family !== 'IPv6') return false;
  const octets: IPv6Octets = parseIPv6(address);
  const length = Number(cidr?.split('/')?.[1] ?? 128);
  return overlaps({ octets, length });
}
