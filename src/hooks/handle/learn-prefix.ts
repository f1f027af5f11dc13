import type { HookContext } from '../context';

/**
 * Begins discovery where a peer might come through the NAT64: it reads as IPv4 only under a prefix that is known. Nobody waits
 * for it, and the process does not live for it.
 */
export function learnPrefix({ prefixes }: HookContext): void {
  if (prefixes.all === undefined) prefixes.whenReady(() => {})();
}
