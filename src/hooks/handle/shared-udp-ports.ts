import type { HookContext } from '../context';
import { collide, covers, type Endpoint } from './endpoint';
import { nameOf } from './errno';
import {
  type Errno,
  type RemoteInfo,
  type SocketName,
  type UdpHandle,
  UV_IPV6ONLY,
  UV_UDP_REUSEADDR,
} from './internals';

interface Member {
  readonly handle: UdpHandle;
  readonly endpoint: Endpoint;
  readonly port: SharedPort;
  readonly guest: boolean;
  receiving: boolean;
  referenced: boolean;
}

/** One kernel socket and the sockets of the program that are behind it; `carrier` is the handle that has it. */
interface SharedPort {
  readonly carrier: UdpHandle;
  readonly endpoint: Endpoint;
  readonly members: Set<Member>;
}

/** Methods of a guest that act on the socket as a whole: the carrier's. */
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

/** Two UDP sockets on one port, as `SharedPorts` is for listeners: each datagram goes to the one of its sender's family. */
export class SharedUdpPorts {
  readonly #real: UdpHandle;
  readonly #context: HookContext;
  readonly #ports = new Map<number, SharedPort[]>();
  readonly #members = new WeakMap<object, Member>();

  constructor(real: UdpHandle, context: HookContext) {
    this.#real = real;
    this.#context = context;
  }

  /** Binds in the kernel, or joins the socket of this process that has the endpoint already and need not collide with it. */
  bind(handle: UdpHandle, endpoint: Endpoint, flags: number): Errno {
    const bind6 = (address: string, f: number) => this.#real.bind6.call(handle, address, endpoint.port, f);
    const port =
      endpoint.port === 0
        ? undefined
        : this.#ports.get(endpoint.port)?.find((p) => covers(p.endpoint.kernelAddress, endpoint));
    // With reuseAddr the kernel lets both in. What collides natively it refuses itself.
    if (!port || flags & UV_UDP_REUSEADDR || [...port.members].some((m) => collide(m.endpoint, endpoint))) {
      const status = bind6(endpoint.kernelAddress, flags);
      if (status === 0) this.#register(handle, endpoint);
      // Beside an ipv6Only [::] that is not of this process: what hears IPv4 only does not collide with it.
      else if (endpoint.address === '0.0.0.0' && nameOf(status) === 'EADDRINUSE') return bind6('::ffff:0.0.0.0', flags);
      return status;
    }
    // The shared socket is deaf to IPv4 (127.0.0.1 may still be there): one beside it that hears IPv4 only does not collide.
    if (port.endpoint.v6only && endpoint.family === 4) bind6('::ffff:0.0.0.0', flags & ~UV_IPV6ONLY);
    this.#join(port, handle, endpoint, true);
    return 0;
  }

  /** The handle to send to a translated destination by: the carrier of a guest, else the handle itself. */
  carrierOf(handle: UdpHandle): UdpHandle {
    const member = this.#members.get(handle);
    return member?.guest ? member.port.carrier : handle;
  }

  isGuest(handle: object): boolean {
    return this.#members.get(handle)?.guest === true;
  }

  /** A guest has a receiver now. */
  recvStart(handle: UdpHandle): Errno {
    const member = this.#members.get(handle);
    if (member) member.receiving = true;
    if (!member?.guest) return this.#real.recvStart.call(handle);
    this.#real.recvStart.call(member.port.carrier);
    // A companion hears IPv4 itself.
    const name: SocketName = {};
    return this.#real.getsockname.call(handle, name) === 0 ? this.#real.recvStart.call(handle) : 0;
  }

  getsockname(handle: UdpHandle, out: SocketName): Errno {
    const member = this.#members.get(handle);
    if (!member?.guest) return this.#real.getsockname.call(handle, out);
    out.address = member.endpoint.kernelAddress;
    out.family = 'IPv6';
    out.port = member.endpoint.port;
    return 0;
  }

  #register(handle: UdpHandle, endpoint: Endpoint): void {
    const name: SocketName = {};
    if (this.#real.getsockname.call(handle, name) !== 0 || name.port === undefined) return;
    const port: SharedPort = { carrier: handle, endpoint: { ...endpoint, port: name.port }, members: new Set() };
    const list = this.#ports.get(name.port);
    if (list) list.push(port);
    else this.#ports.set(name.port, [port]);
    this.#join(port, handle, port.endpoint, false);
  }

  #join(port: SharedPort, handle: UdpHandle, endpoint: Endpoint, guest: boolean): void {
    const member: Member = { handle, endpoint, port, guest, receiving: false, referenced: true };
    port.members.add(member);
    this.#members.set(handle, member);
    handle.close = (callback) => this.#leave(member, callback);
    if (!guest) return;
    if (port.members.size === 2) this.#share(port);
    this.#referenceAlike(member);
    handle.recvStop = () => {
      member.receiving = false;
      return 0;
    };
    for (const method of DELEGATED) {
      const target = port.carrier as unknown as Record<string, (...args: unknown[]) => unknown>;
      (handle as unknown as Record<string, unknown>)[method] = (...args: unknown[]) => target[method]?.(...args);
    }
  }

  /** From now on what the carrier receives is handed to whom it is for. */
  #share(port: SharedPort): void {
    const { carrier } = port;
    const own = carrier.onmessage;
    carrier.onmessage = (nread, handle, buffer, rinfo) => {
      const member = rinfo && this.#choose(port, rinfo);
      if (member?.guest) member.handle.onmessage?.call(member.handle, nread, member.handle, buffer, rinfo);
      else if (member || !rinfo) own?.call(carrier, nread, handle, buffer, rinfo);
    };
    for (const member of port.members) this.#referenceAlike(member);
  }

  #choose(port: SharedPort, { address, port: number }: RemoteInfo): Member | undefined {
    const receiving = [...port.members].filter((m) => m.receiving);
    const { flows, translator } = this.#context;
    const isIPv4 =
      address === '::1' ? flows.udp.source(number) !== undefined : translator.embedded(address) !== undefined;
    const six = receiving.find((m) => m.endpoint.family === 6);
    const four = receiving.find((m) => m.endpoint.family === 4);
    return isIPv4 ? (four ?? (six?.endpoint.v6only ? undefined : six)) : (six ?? four);
  }

  #leave(member: Member, callback: (() => void) | undefined): void {
    const { port, handle } = member;
    const { close } = this.#real;
    member.receiving = false;
    if (port.members.delete(member) && port.members.size > 0 && handle === port.carrier) {
      this.#applyReferences(port);
      if (callback) setImmediate(callback);
      return;
    }
    if (port.members.size === 0) {
      const { port: number } = port.endpoint;
      const rest = (this.#ports.get(number) ?? []).filter((p) => p !== port);
      if (rest.length > 0) this.#ports.set(number, rest);
      else this.#ports.delete(number);
      if (handle !== port.carrier) close.call(port.carrier);
    } else this.#applyReferences(port);
    close.call(handle, callback);
  }

  #referenceAlike(member: Member): void {
    const set = (on: boolean) => {
      member.referenced = on;
      this.#applyReferences(member.port);
    };
    member.handle.ref = () => set(true);
    member.handle.unref = () => set(false);
    member.handle.hasRef = () => member.referenced;
  }

  #applyReferences(port: SharedPort): void {
    const on = [...port.members].some((m) => m.referenced);
    (on ? this.#real.ref : this.#real.unref).call(port.carrier);
  }
}
