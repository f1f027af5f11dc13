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
