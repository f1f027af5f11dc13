import net from 'node:net';
import type { HookContext } from '../context';
import type { UdpHandle } from './internals';

/** Node's own: a program that has replaced it in its list is asked by lib/dgram.js, once. */
const { check } = net.BlockList.prototype;

interface DgramState {
  readonly sendBlockList?: net.BlockList;
  readonly receiveBlockList?: net.BlockList;
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
  const list = owner?.[classes.dgramStateSymbol]?.[which];
  return list !== undefined && check.call(list, address, 'ipv6');
}

/** The error of lib/net.js and lib/dgram.js. */
export function blockedError(address: string): Error {
  return Object.assign(new Error(`IP(${address}) is blocked by net.BlockList`), { code: 'ERR_IP_BLOCKED' });
}
