import { type IPv6Network, parseIPv6, parseIPv6Network, sharesPrefix } from './ipv6';

/**
 * How far an IPv6 address reaches. An IPv4 address that stands for it must have the same scope.
 * - `none`: does not leave this host or link, or is no host's address: the unspecified address, loopback, IPv4-mapped
 *   and IPv4-compatible, discard-only, link-local and multicast addresses
 * - `private`: unique local (RFC 4193), site-local (RFC 3879), and the local-use NAT64 prefix (RFC 8215)
 * - `unchecked`: addresses that embed an IPv4 address whose scope is not checked (6to4, Teredo and other protocol
 *   assignments). A filter denies them as private, but as the address of a peer they may be anybody's
 * - `global`: all other addresses
 */
export type IPv6Scope = 'none' | 'private' | 'unchecked' | 'global';

/**
 * The non-global part of the IANA IPv6 Special-Purpose Address Registry (RFC 6890). The first block that matches
 * decides.
 */
let blocks: readonly (readonly [IPv6Network, IPv6Scope])[] | undefined;
const BLOCKS: readonly (readonly [string, IPv6Scope])[] = [
  ['64:ff9b::/96', 'global'],
  ['64:ff9b:1::/48', 'private'],
  ['::/8', 'none'],
  ['100::/8', 'none'],
  ['2001::/23', 'unchecked'],
  ['2002::/16', 'unchecked'],
  ['5f00::/16', 'unchecked'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'none'],
  ['fec0::/10', 'private'],
  ['ff00::/8', 'none'],
];

export function ipv6ScopeOf(address: string): IPv6Scope {
  blocks ??= BLOCKS.map(([network, scope]) => [parseIPv6Network(network), scope] as const);
  const octets = parseIPv6(address);
  for (const [network, scope] of blocks) if (sharesPrefix(octets, network.octets, network.length)) return scope;
  return 'global';
}
