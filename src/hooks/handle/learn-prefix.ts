import type { HookContext } from '../context';

/**
 * For a socket that hears whom it does not know: who comes through the NAT64 reads as IPv4 only under a prefix that is known.
 * Nobody waits for it, and the process does not live for it.
 */
export function learnPrefix({ prefixes }: HookContext): void {
  if (prefixes.all === undefined) prefixes.whenReady(() => {})();
}
