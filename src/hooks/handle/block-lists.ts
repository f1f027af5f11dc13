import net from 'node:net';
import type { Decision } from '../../address/decision';
import type { HookContext } from '../context';
import type { UdpHandle } from '../node-internals';

/** Node's own method. If a program has replaced it on its list, lib/dgram.js calls the replacement, once. */
const { check } = net.BlockList.prototype;

type Destination = Pick<Extract<Decision, { kind: 'translate' }>, 'step' | 'address'>;

/** The block lists of a datagram socket. lib/dgram.js itself checks the addresses that the program sees. */
export interface BlockLists {
  readonly sendBlockList?: net.BlockList | undefined;
  readonly receiveBlockList?: net.BlockList | undefined;
}

/** Undefined if the socket has no list, or the handle has no socket yet. */
export function blockListsOf({ classes }: HookContext, handle: UdpHandle): BlockLists | undefined {
  const owner = classes.ownerOf(handle) as Record<symbol, BlockLists | undefined> | undefined;
  const state = owner?.[classes.dgramStateSymbol];
  return state?.sendBlockList === undefined && state?.receiveBlockList === undefined ? undefined : state;
}

// The loopback is not checked here: a list with one of its two addresses means that one, and Node's own check handles
// it.

/** Whether a list contains the IPv6 address that is passed to the kernel. */
export function isBlocked(list: net.BlockList | undefined, { step, address }: Destination): boolean {
  return list !== undefined && step !== 'loopback' && check.call(list, withoutZone(address), 'ipv6');
}

/** Whether a list contains the IPv6 address of a sender, as the kernel reported it. */
export function isBlockedSender(list: net.BlockList | undefined, address: string): boolean {
  return list !== undefined && address !== '::1' && check.call(list, withoutZone(address), 'ipv6');
}

/** The part of a `net.BlockList` that lib/net.js uses. */
interface BlockList {
  check(address: string, family: 'ipv4' | 'ipv6'): boolean;
}

/** Before Node.js 22.13 no socket or server has the option: a property of that name is the program's own. */
const HAS_OPTION = typeof (net.BlockList as { isBlockList?: unknown }).isBlockList === 'function';

/** Whether a `net.Socket` or `net.Server` has a block list. */
export function hasBlockList(owner: object | undefined): owner is { readonly blockList: BlockList } {
  if (!HAS_OPTION || owner === undefined) return false;
  // Most have none, so the cheaper question comes first.
  const { blockList } = owner as { blockList?: Partial<BlockList> };
  return Boolean(blockList) && Object.hasOwn(owner, 'blockList') && typeof blockList?.check === 'function';
}

/** Whether the list of a `net.Socket` contains the IPv6 address that is passed to the kernel. */
export function isBlockedFor(owner: object | undefined, { step, address }: Destination): boolean {
  return hasBlockList(owner) && step !== 'loopback' && owner.blockList.check(withoutZone(address), 'ipv6');
}

/**
 * Whether the list of a `net.Server` contains the IPv6 address of a peer, as the kernel reported it, or the IPv4 address
 * by which programs know it. `address` is empty if the kernel reported none.
 */
export function isBlockedPeer(
  { translator }: HookContext,
  { blockList }: { readonly blockList: BlockList },
  address: string,
): boolean {
  if (address === '::1' || !address.includes(':')) return false;
  const ipv4 = translator.toIPv4(address);
  return blockList.check(withoutZone(address), 'ipv6') || (ipv4 !== undefined && blockList.check(ipv4, 'ipv4'));
}

/** A list contains addresses without a zone, and throws for an address with one. */
function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}

/** The error of lib/net.js and lib/dgram.js. */
export function blockedError(address: string): Error {
  return Object.assign(new Error(blockedMessage(address)), { code: BLOCKED });
}

/** Makes an error of a system call that one. */
export function turnIntoBlocked(error: Error, address: string): void {
  const message = blockedMessage(address);
  const stack = error.stack?.replace(error.message, message);
  for (const key of ['errno', 'syscall', 'address', 'port']) Reflect.deleteProperty(error, key);
  Object.assign(error, { code: BLOCKED, message, stack });
}

const BLOCKED = 'ERR_IP_BLOCKED';
const blockedMessage = (address: string) => `IP(${address}) is blocked by net.BlockList`;
