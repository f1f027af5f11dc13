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
  return list !== undefined && check.call(list, withoutZone(address), 'ipv6');
}

/** A `net.BlockList`, as lib/net.js asks it. */
interface BlockList {
  check(address: string, family: 'ipv4' | 'ipv6'): boolean;
}

/** Whether a `net.Socket` or `net.Server` has a block list. */
export function hasBlockList(owner: object | undefined): owner is { readonly blockList: BlockList } {
  return (
    owner !== undefined && Object.hasOwn(owner, 'blockList') && Boolean((owner as { blockList?: BlockList }).blockList)
  );
}

/** Whether the list of a `net.Socket` or `net.Server` has the IPv6 address that the kernel gets or gave. */
export function isBlockedFor(owner: object | undefined, address: string): boolean {
  return hasBlockList(owner) && address.includes(':') && owner.blockList.check(withoutZone(address), 'ipv6');
}

/** A list has addresses without a zone, and refuses others by an exception. */
function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}

/** The error of lib/net.js and lib/dgram.js. */
export function blockedError(address: string): Error {
  return Object.assign(new Error(`IP(${address}) is blocked by net.BlockList`), { code: 'ERR_IP_BLOCKED' });
}
