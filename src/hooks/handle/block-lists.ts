import net from 'node:net';
import type { HookContext } from '../context';
import type { UdpHandle } from './internals';

/** Node's own: a program that has replaced it in its list is asked by lib/dgram.js, once. */
const { check } = net.BlockList.prototype;

/** The lists of a datagram socket. What is shown to the program lib/dgram.js judges itself. */
export interface BlockLists {
  readonly sendBlockList?: net.BlockList | undefined;
  readonly receiveBlockList?: net.BlockList | undefined;
}

/** Undefined where the socket has none, or the handle no socket yet. */
export function blockListsOf({ classes }: HookContext, handle: UdpHandle): BlockLists | undefined {
  const owner = classes.ownerOf(handle) as Record<symbol, BlockLists | undefined> | undefined;
  const state = owner?.[classes.dgramStateSymbol];
  return state?.sendBlockList === undefined && state?.receiveBlockList === undefined ? undefined : state;
}

/** Whether a list has the IPv6 address that the kernel got or gave. */
export function isBlocked(list: net.BlockList | undefined, address: string): boolean {
  return list !== undefined && check.call(list, address, 'ipv6');
}

/** The error of lib/net.js and lib/dgram.js. */
export function blockedError(address: string): Error {
  return Object.assign(new Error(`IP(${address}) is blocked by net.BlockList`), { code: 'ERR_IP_BLOCKED' });
}
