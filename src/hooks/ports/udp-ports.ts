import type { HookContext } from '../context';
import { HandleState } from '../handle/handle-state';
import { onClose } from '../handle/on-close';
import type { RealUdp } from '../handle/real-methods';
import { inContextOf } from '../handle/socket-context';
import { socketName } from '../handle/socket-name';
import {
  type Errno,
  type OnMessage,
  type RemoteInfo,
  type UdpHandle,
  UV_IPV6ONLY,
  UV_UDP_REUSEADDR,
  UV_UDP_REUSEPORT,
} from '../node-internals';
import { setMethod } from '../set-method';
import { isLocalPeer, isMember, type Reach, reachOf } from './peers';
import { type Endpoint, overlap, type PortSocket, PortTable, whoReceives } from './port-table';

interface Socket extends PortSocket {
  endpoint: Endpoint;
  readonly handle: UdpHandle;
  /** Whether the program set reuseAddr. */
  readonly reuses: boolean;
  receive: OnMessage | undefined;
  /** How far its groups reach. Undefined if it has joined none. */
  groups: Reach | undefined;
}

/**
 * The kernel's side of the port table for UDP. Each socket has its own kernel socket, exactly as wide as the program
 * asked for. A socket option lets sockets coexist that a dual-stack host would allow and this kernel would not. If
 * several have one address, the kernel delivers a datagram to any of them. This class passes it on to the one of its
 * sender's family.
 */
export class UdpPorts {
  readonly #real: RealUdp;
  readonly #context: HookContext;
  readonly #table = new PortTable<Socket>();
  readonly #sockets = new HandleState<Socket>('port');

  constructor(real: RealUdp, context: HookContext) {
    this.#real = real;
    this.#context = context;
  }

  bind(handle: UdpHandle, endpoint: Endpoint, flags: number): Errno {
    const reuses = (flags & UV_UDP_REUSEADDR) !== 0;
    const beside = this.#table.beside(endpoint, (other) => reuses && other.reuses) ?? [];
    const option = reuses ? UV_UDP_REUSEADDR : SHARING;
    // libuv sets the option before it finds that a socket is bound already.
    for (const { handle: other, endpoint: e } of beside) this.#real.bind6.call(other, e.kernelAddress, e.port, option);
    const status = this.#real.bind6.call(
      handle,
      endpoint.kernelAddress,
      endpoint.port,
      beside.length > 0 ? flags | option : flags,
    );
    if (status === 0) this.#add(handle, endpoint, reuses);
    return status;
  }

  /** Binds a socket that has lost its port to a port that the kernel chooses. */
  bindAgain(handle: UdpHandle): void {
    const socket = this.#sockets.get(handle);
    if (!socket) return;
    const { kernelAddress, port, v6only } = socket.endpoint;
    if (this.#real.bind6.call(handle, kernelAddress, 0, v6only ? UV_IPV6ONLY : 0) !== 0) return;
    const { port: now } = socketName(handle, this.#real.getsockname);
    if (now === undefined) return;
    this.#table.remove(socket);
    this.#noteFlows(port);
    socket.endpoint = { ...socket.endpoint, port: now };
    this.#table.add(socket);
    this.#noteFlows(now);
  }

  /** A handle from the cluster's primary is bound already. Its socket knows to which address. */
  adopt(handle: UdpHandle, endpoint: Endpoint): void {
    if (!this.has(handle)) this.#add(handle, endpoint, false);
  }

  /** Whether `endpoint` can be bound only beside other sockets of this process. */
  isShared(endpoint: Endpoint): boolean {
    return (this.#table.beside(endpoint)?.length ?? 0) > 0;
  }

  /** Whether a socket of this process has the endpoint. */
  isTaken(endpoint: Endpoint): boolean {
    return this.#table.beside(endpoint) === undefined;
  }

  /** Whether a datagram to the loopback is for none of the sockets of this process that receive there. */
  refuses(port: number, family: 4 | 6, address: string): boolean {
    return this.#table.refuses(port, family, address);
  }

  has(handle: object): boolean {
    return this.#sockets.get(handle) !== undefined;
  }

  /** The socket has joined a group. Each member gets its own copy of a datagram to the group. */
  joined(handle: UdpHandle, group: string): void {
    const socket = this.#sockets.get(handle);
    if (socket && socket.groups !== 'site') socket.groups = reachOf(group);
  }

  /** `receive` is to get the datagrams of `handle`. Returns the function to set as its `onmessage`. */
  receiver(handle: UdpHandle, receive: OnMessage): OnMessage {
    const socket = this.#sockets.get(handle);
    if (!socket) return receive;
    socket.receive = receive;
    return (nread, self, buffer, rinfo) => {
      const to = rinfo ? this.#receiverOf(socket, rinfo) : socket;
      if (to === socket) receive.call(handle, nread, self, buffer, rinfo);
      else if (to) inContextOf(to.handle, () => to.receive?.call(to.handle, nread, to.handle, buffer, rinfo));
    };
  }

  recvStart(handle: UdpHandle): Errno {
    const socket = this.#sockets.get(handle);
    if (socket) socket.listening = true;
    return this.#real.recvStart.call(handle);
  }

  #add(handle: UdpHandle, asked: Endpoint, reuses: boolean): void {
    const { port } = socketName(handle, this.#real.getsockname);
    if (port === undefined) return;
    const endpoint = { ...asked, port };
    const socket: Socket = { handle, endpoint, reuses, receive: undefined, listening: false, groups: undefined };
    this.#sockets.set(handle, socket);
    if (this.#table.at(port).length === 0) this.#context.flows.ownSenders.delete(port);
    this.#table.add(socket);
    this.#noteFlows(port);
    if (endpoint.family === 6) this.#noteGroups(handle);
    onClose(handle, () => {
      socket.listening = false;
      if (this.#table.remove(socket)) this.#noteFlows(socket.endpoint.port);
    });
  }

  #noteGroups(handle: UdpHandle): void {
    for (const method of ['addMembership', 'addSourceSpecificMembership'] as const) {
      setMethod(handle, method, (...args: string[]) => {
        this.joined(handle, String(args[method === 'addMembership' ? 0 : 1]));
        return Reflect.apply((Object.getPrototypeOf(handle) as UdpHandle)[method], handle, args);
      });
    }
  }

  /** The socket that gets a datagram received by `by`. */
  #receiverOf(by: Socket, { address, port }: RemoteInfo): Socket | undefined {
    const { kernelAddress, address: own } = by.endpoint;
    // Other hosts can send to an address of the loopback prefix.
    if (own.startsWith('127.') && kernelAddress !== '::1' && !isLocalPeer(this.#context, address)) return undefined;
    const { flows, translator } = this.#context;
    const isIPv6 = address === '::1' && this.#isIPv6(port);
    const all = this.#table.at(by.endpoint.port);
    if (all.length === 1) return isIPv6 && by.endpoint.family === 4 ? undefined : by;
    const near = all.filter((other) => other === by || !this.#isConnected(other));
    // Each socket gets its own copy of a datagram to a group. Nothing tells it from another one of the same sender.
    const mayBeToGroup = ({ groups }: Socket) =>
      groups && (address === '::1' || isMember(this.#context, groups, address));
    if (near.some((other) => overlap(other.endpoint, by.endpoint) && mayBeToGroup(other))) return by;
    const isFlow = address === '::1' && flows.udp.source(port) !== undefined;
    const isIPv4 = isFlow || translator.embedded(address) !== undefined;
    return whoReceives(near, kernelAddress, isIPv4, isFlow || isIPv6, by);
  }

  /**
   * Whether the sender at this loopback port is an IPv6-only socket of this process. Natively no IPv4 socket receives
   * from it.
   */
  #isIPv6(port: number): boolean {
    const senders = this.#table.at(port);
    return senders.length > 0 && senders.every(({ endpoint: e }) => e.family === 6 && (e.v6only || e.address !== '::'));
  }

  /** A connected socket receives from its peer only, and the kernel delivers these datagrams correctly. */
  #isConnected({ handle }: Socket): boolean {
    return this.#real.getpeername.call(handle, {}) === 0;
  }

  /**
   * Records the IPv4 source of datagrams from ::1 and this port. If sockets of both families have the port, the
   * receiver's family decides.
   */
  #noteFlows(number: number): void {
    const { udp } = this.#context.flows;
    const sockets = this.#table.at(number);
    if (sockets.length === 0) return; // the last datagrams may still be on their way
    const four = sockets.find(({ endpoint: e }) => e.family === 4 && ['::', '::1'].includes(e.kernelAddress));
    const source = four?.endpoint.address === '0.0.0.0' ? '127.0.0.1' : four?.endpoint.address;
    if (source === undefined) udp.forget(number);
    else udp.note(number, source, source);
    udp.setAmbiguous(number, four !== undefined && sockets.some((s) => s.endpoint.family === 6));
  }
}

/**
 * The option that lets sockets of this process coexist. SO_REUSEPORT excludes other users. libuv supports it since 1.49
 * (Node.js 22.12).
 */
const SHARING =
  process.platform === 'linux' && isAtLeast(process.versions.uv, 1, 49) ? UV_UDP_REUSEPORT : UV_UDP_REUSEADDR;

function isAtLeast(version: string | undefined, major: number, minor: number): boolean {
  const [a = 0, b = 0] = (version ?? '').split('.').map(Number);
  return a > major || (a === major && b >= minor);
}
