import type { HookContext } from '../context';

/**
 * Starts discovery if a peer might connect through the NAT64: its IPv4 address can be extracted only if the prefix is
 * known. No caller waits for discovery, and the process does not stay alive for it.
 */
export function learnPrefix({ prefixes }: HookContext): void {
  prefixes.learn();
}

/**
 * The same for a socket at `address` to which peers of other hosts may send first. It starts after the current turn, so
 * that the program does not start more slowly. The immediate is not unref'ed: an idle server would then wait for its
 * first peer.
 */
export function learnForPeers(context: HookContext, address: string): void {
  if (context.prefixes.all !== undefined || address.startsWith('127.') || address === '::1') return;
  if (context.translator.opensToIPv6()) setImmediate(learnPrefix, context);
}
