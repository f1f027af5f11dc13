import type { HookContext } from '../context';
import type { RealUdp } from '../udp/real';
import { warnDeaf } from './deaf';
import { collide, companionAddress, covers, type Endpoint, type Guest, guestOf } from './endpoint';
import { nameOf } from './errno';
import {
  type Errno,
  type OnMessage,
  type RemoteInfo,
  type SocketName,
  type UdpHandle,
  UV_IPV6ONLY,
  UV_UDP_REUSEADDR,
} from './internals';

/** One kernel socket, and which sockets of the program are behind it. */
interface KernelSocket {
  readonly handle: UdpHandle;
  readonly endpoint: Endpoint;
  /** The handle's `close` as it was: a cluster worker's tells the primary. */
  readonly close: UdpHandle['close'];
  /** Bound here for others: the cluster's primary has such sockets for its workers. */
  readonly lent: boolean;
  /** Whose it is; undefined when that has closed and guests are left. */
  owner: Member | undefined;
  /** Those without a kernel socket of their own, or with one that hears IPv4 alone. */
  readonly guests: Set<Member>;
}

interface Member {
  readonly handle: UdpHandle;
  readonly endpoint: Endpoint;
  readonly socket: KernelSocket;
  receive: OnMessage | undefined;
  receiving: boolean;
  referenced: boolean;
}

/** Methods of a guest that act on the socket as a whole. */
const DELEGATED = [
  'setTTL',
  'setMulticastTTL',
  'setMulticastLoopback',
  'setBroadcast',
  'setMulticastInterface',
  'bufferSize',
  'addMembership',
  'dropMembership',
  'addSourceSpecificMembership',
  'dropSourceSpecificMembership',
  'getSendQueueSize',
  'getSendQueueCount',
] as const;

type AnyMethods = Record<string, (this: unknown, ...args: unknown[]) => unknown>;

/** Two UDP sockets on one port, as `SharedPorts` is for listeners: each datagram goes to the one of its sender's family. */
export class SharedUdpPorts {
  readonly #real: RealUdp;
  readonly #context: HookContext;
  readonly #sockets = new Map<number, KernelSocket[]>();
  readonly #members = new WeakMap<object, Member>();

  constructor(real: RealUdp, context: HookContext) {
    this.#real = real;
    this.#context = context;
  }

  /**
   * Binds in the kernel, or joins the socket of this process that has the endpoint already and need not collide with it.
   * @param lent for cluster workers: joins nobody, since what has no socket of its own cannot be sent to them
   */
  bind(handle: UdpHandle, endpoint: Endpoint, flags: number, lent: boolean): Errno {
    const bind6 = (address: string, f: number) => this.#real.bind6.call(handle, address, endpoint.port, f);
    const sockets = this.#socketsAt(endpoint.port);
    const free = !this.#membersOf(sockets).some((m) => collide(m.endpoint, endpoint));
    const carrier = lent ? undefined : this.#joinable(endpoint);
    // With reuseAddr the kernel lets both in. What collides natively it refuses itself.
    if (!carrier || flags & UV_UDP_REUSEADDR) {
      const narrower = sockets.filter((s) => !lent || !covers(s.endpoint.kernelAddress, endpoint));
      const beside = free && endpoint.kernelAddress === '::' && narrower.length > 0;
      if (beside) for (const socket of narrower) this.#allowReuse(socket);
      const status = bind6(endpoint.kernelAddress, beside ? flags | UV_UDP_REUSEADDR : flags);
      if (status === 0) this.#register(handle, endpoint, lent);
      // Beside an ipv6Only [::] that is not of this process: what hears IPv4 only does not collide with it.
      else if (free && endpoint.address === '0.0.0.0' && !endpoint.v6only && nameOf(status) === 'EADDRINUSE') {
        const beside = bind6(companionAddress(endpoint), flags);
        if (beside === 0 && !lent) warnDeaf(endpoint, this.#context.policy.log);
        return beside;
      }
      return status;
    }
    if (guestOf(carrier.endpoint, endpoint) === 'companion') bind6(companionAddress(endpoint), flags & ~UV_IPV6ONLY);
    this.#delegate(this.#join(carrier, handle, endpoint));
    return 0;
  }

  /** As what a socket on `endpoint` would join one of this process that has it in the kernel; undefined if it cannot. */
  guestFor(endpoint: Endpoint): Guest | undefined {
    const socket = this.#joinable(endpoint);
    return socket && guestOf(socket.endpoint, endpoint);
  }

  /** Whether a socket of this process has the endpoint. */
  isTaken(endpoint: Endpoint): boolean {
    return this.#membersOf(this.#socketsAt(endpoint.port)).some((m) => collide(m.endpoint, endpoint));
  }

  /** Joins, with a handle that the cluster's primary has bound to hear IPv4, or with one that is not bound at all. */
  join(handle: UdpHandle, endpoint: Endpoint): void {
    const socket = this.#joinable(endpoint);
    if (socket) this.#delegate(this.#join(socket, handle, endpoint));
  }

  /** A handle from the cluster's primary is bound already: to what, its socket knows. */
  noteBound(handle: UdpHandle, endpoint: Endpoint): void {
    if (!this.isMember(handle)) this.#register(handle, endpoint, false);
  }

  #socketsAt(port: number): readonly KernelSocket[] {
    return port === 0 ? [] : (this.#sockets.get(port) ?? []);
  }

  #joinable(endpoint: Endpoint): KernelSocket | undefined {
    const sockets = this.#socketsAt(endpoint.port);
    if (this.#membersOf(sockets).some((m) => collide(m.endpoint, endpoint))) return undefined;
    return sockets.find((s) => !s.lent && covers(s.endpoint.kernelAddress, endpoint));
  }

  /** The handle that has the kernel socket: another one's for a guest, else the handle itself. */
  carrierOf(handle: UdpHandle): UdpHandle {
    return this.#members.get(handle)?.socket.handle ?? handle;
  }

  isMember(handle: object): boolean {
    return this.#members.has(handle);
  }

  isGuest(handle: object): boolean {
    const member = this.#members.get(handle);
    return member !== undefined && member.socket.handle !== handle;
  }

  /** `receive` wants the datagrams of `handle`; what is to be its `onmessage` is the result. */
  receiver(handle: UdpHandle, receive: OnMessage): OnMessage {
    const member = this.#members.get(handle);
    if (!member) return receive;
    member.receive = receive;
    const number = member.socket.endpoint.port;
    // What a guest hears itself came over IPv4, to the address that it is bound to.
    const isCompanion = this.isGuest(handle);
    return (nread, self, buffer, rinfo) => {
      const sockets = this.#sockets.get(number) ?? [];
      const alone = isCompanion || (sockets.length === 1 && sockets[0]?.guests.size === 0);
      const to = alone || !rinfo ? member : this.#choose(sockets, handle, rinfo);
      to?.receive?.call(to.handle, nread, rinfo ? to.handle : self, buffer, rinfo);
    };
  }

  recvStart(handle: UdpHandle): Errno {
    const member = this.#members.get(handle);
    if (!member) return this.#real.recvStart.call(handle);
    member.receiving = true;
    const status = this.#real.recvStart.call(member.socket.handle);
    if (member.socket.handle === handle) return status;
    // A companion hears IPv4 itself.
    return this.#real.getsockname.call(handle, {}) === 0 ? this.#real.recvStart.call(handle) : status;
  }

  getsockname(handle: UdpHandle, out: SocketName): Errno {
    const member = this.#members.get(handle);
    if (!member || member.socket.handle === handle) return this.#real.getsockname.call(handle, out);
    out.address = member.endpoint.kernelAddress;
    out.family = 'IPv6';
    out.port = member.endpoint.port;
    return 0;
  }

  /**
   * A socket on all addresses comes after one on some: the kernel lets both in where both say so. libuv sets the option
   * before it finds that the socket is bound already.
   */
  #allowReuse({ handle, endpoint }: KernelSocket): void {
    this.#real.bind6.call(handle, endpoint.kernelAddress, endpoint.port, UV_UDP_REUSEADDR);
  }

  #register(handle: UdpHandle, endpoint: Endpoint, lent: boolean): void {
    const name: SocketName = {};
    if (this.#real.getsockname.call(handle, name) !== 0 || name.port === undefined) return;
    const at = { ...endpoint, port: name.port };
    const socket: KernelSocket = {
      handle,
      endpoint: at,
      close: handle.close,
      lent,
      owner: undefined,
      guests: new Set(),
    };
    const list = this.#sockets.get(name.port);
    if (list) list.push(socket);
    else this.#sockets.set(name.port, [socket]);
    this.#join(socket, handle, at);
  }

  #join(socket: KernelSocket, handle: UdpHandle, endpoint: Endpoint): Member {
    const member: Member = { handle, endpoint, socket, receive: undefined, receiving: false, referenced: true };
    if (socket.handle === handle) socket.owner = member;
    else socket.guests.add(member);
    this.#members.set(handle, member);
    if (socket.guests.size === 1 && socket.owner) socket.owner.referenced = this.#real.hasRef.call(socket.handle);
    this.#noteFlows(endpoint.port);
    const { close } = handle;
    handle.close = (callback) => this.#leave(member, close, callback);
    handle.recvStop = () => {
      member.receiving = false;
      const others = [socket.owner, ...socket.guests].some((m) => m?.receiving);
      return others ? 0 : this.#real.recvStop.call(socket.handle);
    };
    if (socket.guests.size > 0) for (const m of this.#membersOf([socket])) this.#shareReference(m);
    return member;
  }

  #delegate({ handle, socket }: Member): void {
    const methods = this.#real as unknown as AnyMethods;
    for (const method of DELEGATED) {
      const real = methods[method];
      if (real) (handle as unknown as AnyMethods)[method] = (...args) => Reflect.apply(real, socket.handle, args);
    }
  }

  #membersOf(sockets: readonly KernelSocket[]): Member[] {
    return sockets.flatMap(({ owner, guests }) => (owner ? [owner, ...guests] : [...guests]));
  }

  #choose(sockets: readonly KernelSocket[], by: UdpHandle, rinfo: RemoteInfo): Member | undefined {
    const receiving = this.#membersOf(sockets).filter((m) => m.receiving);
    const { flows, translator } = this.#context;
    const { address, port } = rinfo;
    const isIPv4 =
      address === '::1' ? flows.udp.source(port) !== undefined : translator.embedded(address) !== undefined;
    const of = (family: 4 | 6) => {
      // What is for ::1 comes from ::1. Beyond that a datagram does not say which of the host's addresses it was sent to.
      const all = receiving.filter(
        ({ endpoint: e }) => e.family === family && (e.kernelAddress !== '::1' || address === '::1'),
      );
      return all.find((m) => m.socket.handle === by) ?? all.find((m) => m.endpoint.kernelAddress === '::');
    };
    const six = of(6);
    return isIPv4 ? (of(4) ?? (six?.endpoint.v6only ? undefined : six)) : (six ?? of(4));
  }

  /** @param close the handle's own: a cluster worker's tells the primary */
  #leave(member: Member, close: UdpHandle['close'], callback: (() => void) | undefined): void {
    const { socket, handle } = member;
    const number = socket.endpoint.port;
    member.receiving = member.referenced = false;
    const isOwner = socket.handle === handle;
    if (isOwner) socket.owner = undefined;
    else socket.guests.delete(member);
    if (socket.owner === undefined && socket.guests.size === 0) {
      const rest = (this.#sockets.get(number) ?? []).filter((s) => s !== socket);
      if (rest.length > 0) this.#sockets.set(number, rest);
      else this.#sockets.delete(number);
      if (!isOwner) socket.close.call(socket.handle);
    }
    this.#noteFlows(number);
    this.#applyReferences(socket);
    // The kernel socket stays open, hidden, for the guests that are left.
    if (!isOwner || socket.guests.size === 0) close.call(handle, callback);
    else if (callback) setImmediate(callback);
  }

  /** Whom a datagram from ::1 and this port is of. Where both families have it, each receiver reads its own. */
  #noteFlows(number: number): void {
    const members = this.#membersOf(this.#sockets.get(number) ?? []);
    if (members.length === 0) return; // what was sent last may still be under way
    const four = members.find(({ endpoint: e }) => e.family === 4 && ['::', '::1'].includes(e.kernelAddress));
    const source = four?.endpoint.address === '0.0.0.0' ? '127.0.0.1' : four?.endpoint.address;
    if (source === undefined) this.#context.flows.udp.forget(number);
    else this.#context.flows.udp.note(number, source, source);
    this.#context.flows.udp.setAmbiguous(number, four !== undefined && members.some((m) => m.endpoint.family === 6));
  }

  #shareReference(member: Member): void {
    const set = (on: boolean) => {
      member.referenced = on;
      if (member.socket.handle !== member.handle) (on ? this.#real.ref : this.#real.unref).call(member.handle);
      this.#applyReferences(member.socket);
    };
    member.handle.ref = () => set(true);
    member.handle.unref = () => set(false);
    member.handle.hasRef = () => member.referenced;
  }

  #applyReferences(socket: KernelSocket): void {
    if (socket.guests.size === 0 && socket.owner) return;
    const on = this.#membersOf([socket]).some((m) => m.referenced);
    (on ? this.#real.ref : this.#real.unref).call(socket.handle);
  }
}
