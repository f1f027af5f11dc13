import net from 'node:net';
import type { Decision } from '../../address/decision';
import type { HookContext } from '../context';
import type { UdpHandle } from '../node-internals';

/** Node's own: a program that has replaced it in its list is asked by lib/dgram.js, once. */
const { check } = net.BlockList.prototype;

type Destination = Pick<Extract<Decision, { kind: 'translate' }>, 'step' | 'address'>;

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

// The loopback is the loopback: a list means the one of its two addresses that it names, and the program's own judges that.

/** Whether a list has the IPv6 address that the kernel gets. */
export function isBlocked(list: net.BlockList | undefined, { step, address }: Destination): boolean {
  return list !== undefined && step !== 'loopback' && check.call(list, withoutZone(address), 'ipv6');
}

/** Whether a list has the IPv6 address of a sender, as the kernel gave it. */
export function isBlockedSender(list: net.BlockList | undefined, address: string): boolean {
  return list !== undefined && address !== '::1' && check.call(list, withoutZone(address), 'ipv6');
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

/** Whether the list of a `net.Socket` has the IPv6 address that the kernel gets. */
export function isBlockedFor(owner: object | undefined, { step, address }: Destination): boolean {
  return hasBlockList(owner) && step !== 'loopback' && owner.blockList.check(withoutZone(address), 'ipv6');
}

/** Whether the list of a `net.Server` has the IPv6 address of a peer, as the kernel gave it: empty where it gave none. */
export function isBlockedPeer({ blockList }: { readonly blockList: BlockList }, address: string): boolean {
  return address !== '::1' && address.includes(':') && blockList.check(withoutZone(address), 'ipv6');
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
