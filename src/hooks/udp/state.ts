import type { BlockLists } from '../handle/block-lists';
import type { OnMessage, UdpHandle } from '../node-internals';
import type { Reach } from '../ports/peers';
import type { DeniedRoutes } from './denied-route';
import type { Recent } from './recent-addresses';

/** The key of a handle's state. Other code cannot name this property. */
export const kState = Symbol('v6only.udp');

/** The methods of a handle that set an option. A second socket that is created later gets it too. */
export const OPTION_METHODS = ['setTTL', 'setMulticastTTL', 'setMulticastLoopback', 'setBroadcast'] as const;
export type OptionMethod = (typeof OPTION_METHODS)[number];

/**
 * The state that all sockets have. All fields are own properties, and the prototype chain ends here, so that no property
 * of `Object.prototype` can be taken for state.
 */
class SocketState {
  readonly handle: UdpHandle;
  /** The peer of a connected socket, if it is not the one in the kernel. */
  peer: string | undefined = undefined;
  /** The loopback address and port of its peer, if the peer is ::1 to the kernel. */
  loopbackPeer: LoopbackPeer | undefined = undefined;
  /** Its peer over IPv4, if the route may go or lead nowhere. */
  routePeer: RoutePeer | undefined = undefined;
  /** The IPv4-embedded address of its peer, if it is under a NAT64 prefix. The prefixes are told the results. */
  nat64Peer: string | undefined = undefined;
  /** Ends the use of an address of the pool. */
  endUse: (() => void) | undefined = undefined;
  /** The program's receiver, and the hook's that replaces it. */
  receive: OnMessage | undefined = undefined;
  receiver: OnMessage | undefined = undefined;
  blockLists: BlockLists | undefined = undefined;
  /** IPv6 address and port of a peer → the IPv4 address by which the program sent to it, if only these two tell it. */
  named: Recent<string> | undefined = undefined;
  /**
   * IPv4 address and port of a peer → the IPv6 address from which it sent, if a reply would otherwise take another way.
   */
  came: Recent<string> | undefined = undefined;
  /** Is told of the next datagram over IPv4. */
  routes: Pick<DeniedRoutes, 'heard'> | undefined = undefined;
  /** The IPv6 zone over which multicast is sent, if the program chose an interface. */
  multicastZone: string | undefined = undefined;
  /** How many datagrams wait for the prefix. */
  waiting = 0;
  /** Whether `ownSenders` has its IPv6 port. */
  isOwnSender = false;
  /** The last IPv6 address to which a datagram went unchanged. The next one usually goes there too, and needs no check. */
  lastIPv6: string | undefined = undefined;

  constructor(handle: UdpHandle) {
    this.handle = handle;
  }
}
Object.setPrototypeOf(SocketState.prototype, null);

/** The state of a udp4 socket: the program's own handle, and a second one of the other family if necessary. */
export class UdpState extends SocketState {
  readonly view = 'ipv4';
  /** The family of the program's own handle: 6 if the host has no IPv4, or the address stands for an IPv6 address. */
  readonly family: 4 | 6;
  /** The address to which the program bound it. */
  readonly address: string;
  readonly port: number;
  readonly flags: number;
  /** Whether its AF_INET6 socket receives all datagrams to its port, or only replies. */
  readonly open: boolean;
  /** Bound to one address, from which only one family can be sent. */
  readonly exact: boolean;
  second: UdpHandle | undefined = undefined;
  /** The connected one of the two sockets. */
  connected: UdpHandle | undefined = undefined;
  /** The socket was disconnected, and the kernel has taken back the port that it had chosen. */
  hasLostPort = false;
  receiving = false;
  /** Replaces the program's receiver if datagrams over IPv4 are to be noted. */
  watcher: OnMessage | undefined = undefined;
  /** The original `close`, which leaves a shared port. */
  leave: UdpHandle['close'] | undefined = undefined;
  options: Map<OptionMethod, number> | undefined = undefined;
  bufferSizes: Map<boolean, number> | undefined = undefined;
  /** The family over which multicast is sent, if the program chose an interface. */
  multicastFamily: 4 | 6 | undefined = undefined;
  /** The IPv4 interface that the program chose for multicast. */
  multicastInterface: string | undefined = undefined;
  /** The memberships, by `source>group|interface`. */
  memberships: Map<string, Membership> | undefined = undefined;
  /** The addresses to which the second socket has sent, if it is not open to IPv6. */
  asked: Recent<true> | undefined = undefined;
  /** How far the groups reach that the second socket uses. So far away may be who answers. */
  askedGroup: Reach | undefined = undefined;
  /** The last IPv4 destination that was checked. */
  lastIPv4: string | undefined = undefined;
  /** The last address that was added to `asked`. */
  lastAsked: string | undefined = undefined;
  closed = false;

  constructor(handle: UdpHandle, family: 4 | 6, at: BoundTo) {
    super(handle);
    this.family = family;
    this.address = at.address;
    this.port = at.port;
    this.flags = at.flags;
    this.open = at.open;
    this.exact = at.exact;
  }
}

/** A group that a socket has joined, as the program named it, and which of its two kernel sockets has joined. */
export interface Membership {
  readonly family: 4 | 6;
  readonly group: string;
  readonly interfaceAddress: string | null | undefined;
  readonly source: string | undefined;
}

/** A peer that is reached by an IPv4 route. */
export interface RoutePeer {
  readonly address: string;
  readonly port: number;
}

/** A peer on the loopback, as the program named it. */
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

/** For sockets that carry out what concerns groups and options alone. */
export const NOT_BOUND: BoundTo = { address: '0.0.0.0', port: 0, flags: 0, open: false, exact: false };

/** A dual udp6 socket. The program sees IPv4 peers as `::ffff:a.b.c.d`, as on a dual-stack host. */
export class MappedState extends SocketState {
  readonly view = 'mapped';
  /** The IPv4-mapped address that the program bound it to. */
  readonly local: string | undefined;
  broadcast = false;
  /** Addresses under a NAT64 prefix to which the program itself sent. It sees replies from them in the same form. */
  written: Recent<true> | undefined = undefined;

  constructor(handle: UdpHandle, local: string | undefined) {
    super(handle);
    this.local = local;
  }
}

/** Whether the program bound the socket to an address of 127.0.0.0/8. */
export function isOnLoopback({ exact, address }: UdpState): boolean {
  return exact && address.startsWith('127.');
}

/** The socket has no peer any more. */
export function forgetPeer(state: UdpState | MappedState): void {
  state.peer = undefined;
  state.loopbackPeer = undefined;
  state.endUse?.();
  state.endUse = undefined;
}

interface WithState {
  [kState]?: UdpState | MappedState;
}

export function stateOf(handle: UdpHandle): UdpState | MappedState | undefined {
  return (handle as WithState)[kState];
}

/** The state of a handle that is certainly a facade of a udp4 socket. */
export function udp4Of(handle: UdpHandle): UdpState {
  return (handle as WithState)[kState] as UdpState;
}

export function mappedOf(handle: UdpHandle): MappedState {
  return (handle as WithState)[kState] as MappedState;
}

/** Makes `handle` a facade. From now on it has the methods of `prototype`, regardless of later patches. */
export function setState(handle: UdpHandle, state: UdpState | MappedState, prototype: UdpHandle): void {
  (handle as WithState)[kState] = state;
  Object.setPrototypeOf(handle, prototype);
}

/** lib/dgram.js gives a udp6 handle its own `bind`, `connect` and `send`: the `…6` methods. */
export function isUdp6(handle: UdpHandle): boolean {
  return Object.hasOwn(handle, 'bind') && handle.bind === handle.bind6;
}
