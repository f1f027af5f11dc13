import type { HookContext } from '../context';
import type { UdpHandle } from './internals';

/** `net.BlockList`, as far as it is used here. */
interface BlockList {
  check(address: string, family: 'ipv6'): boolean;
}

interface DgramState {
  readonly sendBlockList?: BlockList;
  readonly receiveBlockList?: BlockList;
}

/**
 * Whether a datagram socket's block list has the IPv6 address that the kernel got or gave. What is shown to the program
 * lib/dgram.js judges itself.
 */
export function isBlocked(
  { classes }: HookContext,
  handle: UdpHandle,
  which: keyof DgramState,
  address: string,
): boolean {
  const owner = classes.ownerOf(handle) as Record<symbol, DgramState | undefined> | undefined;
  return owner?.[classes.dgramStateSymbol]?.[which]?.check(address, 'ipv6') === true;
}

/** The error of lib/net.js and lib/dgram.js. */
export function blockedError(address: string): Error {
  return Object.assign(new Error(`IP(${address}) is blocked by net.BlockList`), { code: 'ERR_IP_BLOCKED' });
}
