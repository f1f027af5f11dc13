import { isGroupOfLink, isLinkLocal } from '../../address/ipv6';
import { MAPPED, mappedIPv4 } from '../../address/mapped';
import type { HookContext } from '../context';
import type { RealTcp } from '../handle/real-methods';
import { socketName } from '../handle/socket-name';
import type { TcpHandle } from '../node-internals';
import type { Peer } from './port-table';

/**
 * Whether a peer is this host. To the kernel a loopback prefix is an ordinary network, so it accepts peers of other
 * hosts. A sender with an IPv4-mapped address is forged.
 */
export function isLocalPeer({ kernel, translator }: HookContext, ipv6: string): boolean {
  if (ipv6 === '::1' || kernel.hasIPv6Address(ipv6)) return true;
  return !ipv6.startsWith(MAPPED) && translator.embedded(ipv6)?.startsWith('127.') === true;
}

/** How far a group reaches: to the neighbours on the link, or beyond. */
export type Reach = 'link' | 'site';

export const reachOf = (group: string): Reach => (isGroupOfLink(group) ? 'link' : 'site');

/** RFC 4193. Others that are not global, such as those of 6to4, may be anybody's. */
const UNIQUE_LOCAL = /^f[cd]/;

/**
 * Whether an address may be that of a member of a group: a neighbour, or, of a group that reaches beyond the link, a host
 * of the site. A stranger of the Internet is not, whatever the group: over IPv4 he would not reach this host either.
 */
export function isMember({ kernel }: HookContext, reach: Reach, address: string): boolean {
  if (isLinkLocal(address) || kernel.isIPv6Neighbour(address)) return true;
  return reach === 'site' && UNIQUE_LOCAL.test(address);
}

/** An IPv4 peer asked for this, if no IPv4 address stands for the address to which it connected. No listener has it. */
const UNKNOWN = '';

/**
 * The peer of an accepted connection, and the destination that it asked for. Undefined for a peer whose connection must
 * be refused.
 */
export function peerOf(
  context: HookContext,
  { getpeername, getsockname }: RealTcp,
  client: TcpHandle,
): Peer | undefined {
  const { translator, flows } = context;
  const { address: peer = '::', port } = socketName(client, getpeername);
  const { address: kernelAddress = '::' } = socketName(client, getsockname);
  if (peer === '::1') {
    const target = flows.target(port);
    return { ipv4: target, kernelAddress, isCertain: target !== undefined, mayWiden: true };
  }
  if (mappedIPv4(peer) !== undefined)
    return { ipv4: mappedIPv4(kernelAddress), kernelAddress, isCertain: true, mayWiden: true };
  const ipv4 = translator.toIPv4(kernelAddress) ?? UNKNOWN;
  const isLocal = () => peer === kernelAddress || isLocalPeer(context, peer);
  if (ipv4.startsWith('127.') && !isLocal()) return undefined;
  const isIPv4 = translator.embedded(peer) !== undefined;
  return {
    ipv4: isIPv4 ? ipv4 : undefined,
    kernelAddress,
    isCertain: false,
    // RFC 6535 §4.5: if other hosts can now reach this one over IPv4, they must use IPv4.
    mayWiden: translator.opensToIPv6() || isLocal(),
  };
}
