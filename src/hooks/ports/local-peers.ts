import { MAPPED } from '../../address/mapped';
import type { HookContext } from '../context';

/**
 * Whether a peer is this host. To the kernel a loopback prefix is an ordinary network, so it accepts peers of other
 * hosts. A sender with an IPv4-mapped address is forged.
 */
export function isLocalPeer({ kernel, translator }: HookContext, ipv6: string): boolean {
  if (ipv6 === '::1' || kernel.hasIPv6Address(ipv6)) return true;
  return !ipv6.startsWith(MAPPED) && translator.embedded(ipv6)?.startsWith('127.') === true;
}
