import type { HookContext } from '../context';

/**
 * Starts discovery for a socket at `address` to which peers of other hosts may send first: the IPv4 address of a peer
 * that came through the NAT64 can be extracted only if the prefix is known. It starts after the current turn, so that the
 * program does not start more slowly. The immediate is not unref'ed: an idle server would then wait for its first peer.
 */
export function learnForPeers({ prefixes, translator }: HookContext, address: string): void {
  if (prefixes.all !== undefined || address.startsWith('127.') || address === '::1') return;
  if (translator.opensToIPv6()) setImmediate(() => prefixes.learn());
}
