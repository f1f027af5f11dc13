import type { HookContext } from '../context';

/**
 * Starts discovery if a peer might connect through the NAT64: its IPv4 address can be extracted only if the prefix is
 * known. No caller waits for discovery, and the process does not stay alive for it.
 */
export function learnPrefix({ prefixes }: HookContext): void {
  if (prefixes.all === undefined) prefixes.whenReady(() => {})();
}
