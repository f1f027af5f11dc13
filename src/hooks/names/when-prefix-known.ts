import type { HookContext } from '../context';

/**
 * The prefix decides which IPv4 address an IPv6 address embeds: without it, a private address under the prefix would get
 * an address of the pool, which no filter of the program denies. It also decides how an IPv4 address is embedded.
 */
export function whenPrefixKnown({ prefixes }: HookContext, act: () => void): void {
  if (prefixes.all === undefined) prefixes.whenReady(act);
  else act();
}
