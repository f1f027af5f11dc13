import type { BlockLists } from '../handle/block-lists';
import type { OnMessage, UdpHandle } from '../node-internals';
import type { Recent } from './recent-addresses';

/** Where a handle has its state as a facade: one property, which no other code can name. */
export const kState = Symbol('v6only.udp');

/** A socket option as the program set it, for a second socket that is made later. */
export type Option = readonly [
  method: 'setTTL' | 'setMulticastTTL' | 'setMulticastLoopback' | 'setBroadcast',
  value: number,
];

/**
 * A udp4 socket: the program's own handle, and beside it, when it is needed, a second one of the other family.
 * All fields are its own and its prototype ends there, so nothing of `Object.prototype` can be taken for state.
 */
export class UdpState {
  readonly view = 'ipv4';
  readonly handle: UdpHandle;
  /** The family of the program's own handle: 6 where the host has no IPv4, or the address stands for an IPv6 one. */
  readonly family: 4 | 6;
  /** What the program bound it to. */
  readonly address: string;
  readonly port: number;
  readonly flags: number;
  /** Whether its AF_INET6 half hears all that come to its port, or only answers. */
  readonly open: boolean;
  /** Bound to one address, from which only that family can be sent. */
  readonly exact: boolean;
  second: UdpHandle | undefined = undefined;
  /** That one of the two which is connected, and whom the program connected it to. */
  connected: UdpHandle | undefined = undefined;
  peer: string | undefined = undefined;
  /** The IPv4-embedded address that it is connected to, under a NAT64 prefix: the prefixes are told what becomes of it. */
  nat64Peer: string | undefined = undefined;
  /** The loopback address and port that it is connected to, where the kernel has ::1 for it. */
  loopbackPeer: LoopbackPeer | undefined = undefined;
  /** It was disconnected, and the kernel has taken back the port, which it had chosen itself. */
  hasLostPort = false;
  /** Ends the use of an address of the pool. */
  endUse: (() => void) | undefined = undefined;
  receiving = false;
  blockLists: BlockLists | undefined = undefined;
  /** The program's receiver, and ours that stands in its place. */
  receive: OnMessage | undefined = undefined;
  receiver: OnMessage | undefined = undefined;
  /** Stands in place of the program's receiver until an answer over IPv4 shows that a route leads somewhere. */
  watcher: OnMessage | undefined = undefined;
  /** Whom it is connected to over IPv4, by a route that may lead nowhere. */
  routePeer: string | undefined = undefined;
  /** How sharing a port makes it leave. */
  leave: UdpHandle['close'] | undefined = undefined;
  options: Map<string, Option> | undefined = undefined;
  bufferSizes: Map<boolean, number> | undefined = undefined;
  broadcast = false;
  /** The family by which multicast leaves, and the IPv6 zone, where the program chose an interface. */
  multicastFamily: 4 | 6 | undefined = undefined;
  multicastZone: string | undefined = undefined;
  /** The IPv4 interface that the program chose for multicast. */
  multicastInterface: string | undefined = undefined;
  /** What has been joined: `source>group|interface`. */
  memberships: Map<string, Membership> | undefined = undefined;
  /** Whom the second has sent to, where it is not open to everybody. */
  asked: Recent<true> | undefined = undefined;
  /** IPv4 address and port of a peer → the IPv6 address that it came from, where it would be answered elsewhere. */
  came: Recent<string> | undefined = undefined;
  /** The IPv6 peer that was heard last and is answered where it came from. */
  lastHeard: string | undefined = undefined;
  /** Whether the second has to do with groups: neighbours may answer. */
  askedGroup = false;
  /** The address that was sent to last: found to be IPv4, or to be IPv6 and sent as it is. */
  lastIPv4: string | undefined = undefined;
  lastIPv6: string | undefined = undefined;
  /** What was added to `asked` last. */
  lastAsked: string | undefined = undefined;
  closed = false;

  constructor(handle: UdpHandle, family: 4 | 6, at: BoundTo) {
    this.handle = handle;
    this.family = family;
    this.address = at.address;
    this.port = at.port;
    this.flags = at.flags;
    this.open = at.open;
    this.exact = at.exact;
  }
}
Object.setPrototypeOf(UdpState.prototype, null);

/** A group that a socket has joined, as the program asked for it, and by which of its two halves. */
export interface Membership {
  readonly family: 4 | 6;
  readonly group: string;
  readonly interfaceAddress: string | null | undefined;
  readonly source: string | undefined;
}

/** Where on the loopback a socket is connected to, as the program means it. */
export interface LoopbackPeer {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
}

export interface BoundTo {
  readonly address: string;
  readonly port: number;
  readonly flags: number;
  readonly open: boolean;
  readonly exact: boolean;
}

/** A dual udp6 socket: IPv4 peers read as `::ffff:a.b.c.d`, as they would on a dual-stack host. */
export class MappedState {
  readonly view = 'mapped';
  readonly handle: UdpHandle;
  /** The IPv4-mapped address that the program bound it to. */
  readonly local: string | undefined;
  peer: string | undefined = undefined;
  /** The loopback address and port that it is connected to. */
  loopbackPeer: LoopbackPeer | undefined = undefined;
  broadcast = false;
  endUse: (() => void) | undefined = undefined;
  receiver: OnMessage | undefined = undefined;
  /** The program's. */
  receive: OnMessage | undefined = undefined;
  blockLists: BlockLists | undefined = undefined;
  /** Addresses under a NAT64 prefix that the program itself sent to: answers from there read as it wrote them. */
  written: Set<string> | undefined = undefined;
  /** The IPv6 address that was sent to last: the next datagram mostly goes there too, and needs no look. */
  lastIPv6: string | undefined = undefined;

  constructor(handle: UdpHandle, local: string | undefined) {
    this.handle = handle;
    this.local = local;
  }
}
Object.setPrototypeOf(MappedState.prototype, null);

interface WithState {
  [kState]?: UdpState | MappedState;
}

export function stateOf(handle: UdpHandle): UdpState | MappedState | undefined {
  return (handle as WithState)[kState];
}

/** The state of a handle that is known to be a facade of a udp4 socket. */
export function udp4Of(handle: UdpHandle): UdpState {
  return (handle as WithState)[kState] as UdpState;
}

export function mappedOf(handle: UdpHandle): MappedState {
  return (handle as WithState)[kState] as MappedState;
}

/** Makes `handle` a facade: its methods are those of `prototype` from now on, whatever is patched or unpatched later. */
export function setState(handle: UdpHandle, state: UdpState | MappedState, prototype: UdpHandle): void {
  (handle as WithState)[kState] = state;
  Object.setPrototypeOf(handle, prototype);
}
