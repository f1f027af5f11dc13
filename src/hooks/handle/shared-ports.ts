import type { HookContext } from '../context';
import { collide, covers, type Endpoint, hears } from './endpoint';
import { nameOf } from './errno';
import { type Errno, type OnConnection, type SocketName, type TcpHandle, UV_IPV6ONLY } from './internals';

interface Member {
  readonly handle: TcpHandle;
  readonly endpoint: Endpoint;
  readonly port: SharedPort;
  /** Has no kernel socket of its own, or one that hears IPv4 alone. */
  readonly guest: 'virtual' | 'companion' | undefined;
  inner: OnConnection | undefined;
  listening: boolean;
  referenced: boolean;
}

/** One listening kernel socket and the listeners that are behind it; `carrier` is the handle that has it. */
interface SharedPort {
  readonly carrier: TcpHandle;
  readonly kernelAddress: string;
  readonly v6only: boolean;
  readonly members: Set<Member>;
}

/**
 * Two listeners on one port. On a dual-stack host 0.0.0.0:P and an ipv6Only [::]:P, or 127.0.0.1:P and [::1]:P, are two
 * endpoints; translated they are one. In one process they share a kernel socket, and each connection goes to the listener
 * that its peer's family belongs to. Either may close first: the kernel socket lives as long as one of them does.
 */
export class SharedPorts {
  readonly #real: TcpHandle;
  readonly #context: HookContext;
  readonly #ports = new Map<number, SharedPort[]>();
  readonly #members = new WeakMap<object, Member>();
  readonly #bound = new WeakMap<object, Endpoint>();

  constructor(real: TcpHandle, context: HookContext) {
    this.#real = real;
    this.#context = context;
  }

  /** Binds in the kernel, or joins the listener of this process that has the endpoint already and need not collide with it. */
  bind(handle: TcpHandle, endpoint: Endpoint, flags: number): Errno {
    const port =
      endpoint.port === 0 ? undefined : this.#ports.get(endpoint.port)?.find((p) => covers(p.kernelAddress, endpoint));
    // What collides natively goes to the kernel, which says so.
    if (port === undefined || [...port.members].some((m) => collide(m.endpoint, endpoint))) {
      this.#bound.set(handle, endpoint);
      const status = this.#real.bind6.call(handle, endpoint.kernelAddress, endpoint.port, flags);
      // Beside an ipv6Only [::] that is not of this process's listeners: what hears IPv4 only does not collide with it.
      if (status === 0 && endpoint.address === '0.0.0.0' && this.#isInUse(handle)) {
        return this.#real.bind6.call(handle, '::ffff:0.0.0.0', endpoint.port, flags);
      }
      return status;
    }
    // The shared socket is deaf to IPv4 (127.0.0.1 may still be there): one beside it that hears IPv4 only does not collide.
    const companion =
      port.v6only &&
      endpoint.family === 4 &&
      this.#real.bind6.call(handle, '::ffff:0.0.0.0', endpoint.port, flags & ~UV_IPV6ONLY) === 0;
    this.#join(port, handle, endpoint, companion ? 'companion' : 'virtual');
    return 0;
  }

  /** Whether `handle` is a listener without a kernel socket of its own. */
  has(handle: object): boolean {
    return this.#members.get(handle)?.guest === 'virtual';
  }

  /** Whether the program bound `handle`: libuv reports EADDRINUSE only when the handle is used next. */
  wasBound(handle: object): boolean {
    return this.#bound.has(handle) || this.#members.has(handle);
  }

  /**
   * Whether this process listens on the loopback at `port`, and none of its listeners there would hear a connection to
   * `address`: on a dual-stack host that is refused.
   */
  isDeafTo(port: number, family: 4 | 6, address: string): boolean {
    const found = this.#ports.get(port)?.find((p) => p.kernelAddress === '::1' || p.kernelAddress === '::');
    const listening = found ? [...found.members].filter((m) => m.listening) : [];
    return listening.length > 0 && !listening.some((m) => hears(m.endpoint, family, address));
  }

  listen(handle: TcpHandle, backlog: number): Errno {
    const member = this.#members.get(handle);
    if (member?.guest === 'virtual') {
      member.listening = true;
      return 0;
    }
    const status = this.#real.listen.call(handle, backlog);
    if (status !== 0) return status;
    if (member) member.listening = true;
    else this.#register(handle);
    return 0;
  }

  getsockname(handle: TcpHandle, out: SocketName): Errno {
    const member = this.#members.get(handle);
    if (member?.guest !== 'virtual') return this.#real.getsockname.call(handle, out);
    out.address = member.endpoint.kernelAddress;
    out.family = 'IPv6';
    out.port = member.endpoint.port;
    return 0;
  }

  /** Notes what lib/net.js wants to be called with a connection. */
  setInner(handle: object, inner: OnConnection | undefined): void {
    const member = this.#members.get(handle);
    if (member) member.inner = inner;
  }

  /**
   * Whose a connection is that came in at `carrier`: a listener's handle, undefined where it is not shared, or null where
   * none of the listeners would have heard it.
   */
  listenerFor(carrier: TcpHandle, client: TcpHandle | undefined): TcpHandle | null | undefined {
    const port = this.#members.get(carrier)?.port;
    if (port === undefined || client === undefined || port.carrier !== carrier) return undefined;
    if (port.members.size === 1 && port.members.has(this.#members.get(carrier) as Member)) return undefined;
    const member = this.#choose(port, client);
    return member === undefined ? null : member.handle;
  }

  deliver(handle: TcpHandle, status: Errno, client: TcpHandle | undefined): void {
    this.#members.get(handle)?.inner?.call(handle, status, client);
  }

  #choose(port: SharedPort, client: TcpHandle): Member | undefined {
    const { translator, flows } = this.#context;
    const peer: SocketName = {};
    const local: SocketName = {};
    this.#real.getpeername.call(client, peer);
    this.#real.getsockname.call(client, local);
    const listening = [...port.members].filter((m) => m.listening);
    const on = (family: 4 | 6, ...addresses: (string | undefined)[]) => {
      for (const address of addresses) {
        const found = listening.find((m) => m.endpoint.family === family && m.endpoint.address === address);
        if (found) return found;
      }
      return undefined;
    };
    const dual = listening.find((m) => m.endpoint.address === '::' && !m.endpoint.v6only);
    const target = peer.address === '::1' ? flows.target(peer.port) : translator.embedded(peer.address ?? '::');
    if (target !== undefined) {
      const address = peer.address === '::1' ? target : translator.localToIPv4(local.address ?? '::');
      return on(4, address, '0.0.0.0') ?? dual;
    }
    const own = translator.localToIPv4(local.address ?? '::');
    return on(6, local.address, '::') ?? on(4, own, '0.0.0.0') ?? listening.find((m) => m.endpoint.family === 4);
  }

  #register(handle: TcpHandle): void {
    const endpoint = this.#bound.get(handle);
    const name: SocketName = {};
    if (endpoint === undefined || this.#real.getsockname.call(handle, name) !== 0) return;
    const number = name.port ?? 0;
    const port: SharedPort = {
      carrier: handle,
      kernelAddress: endpoint.kernelAddress,
      v6only: endpoint.v6only,
      members: new Set(),
    };
    const list = this.#ports.get(number);
    if (list) list.push(port);
    else this.#ports.set(number, [port]);
    this.#join(port, handle, { ...endpoint, port: number }, undefined).listening = true;
  }

  #join(port: SharedPort, handle: TcpHandle, endpoint: Endpoint, guest: Member['guest']): Member {
    const member: Member = { handle, endpoint, port, guest, inner: undefined, listening: false, referenced: true };
    port.members.add(member);
    this.#members.set(handle, member);
    handle.close = (callback) => this.#leave(member, callback);
    handle.ref = () => this.#reference(member, true);
    handle.unref = () => this.#reference(member, false);
    handle.hasRef = () => member.referenced;
    if (guest === 'virtual') handle.getsockname = (out) => this.getsockname(handle, out);
    return member;
  }

  #leave(member: Member, callback: (() => void) | undefined): void {
    const { port, handle } = member;
    const { close } = this.#real;
    const isMember = port.members.delete(member);
    member.listening = false;
    member.referenced = false;
    if (isMember && port.members.size > 0) {
      this.#applyReferences(port);
      // The carrier stays open, hidden, for those who are left.
      if (handle !== port.carrier) close.call(handle, callback);
      else if (callback) setImmediate(callback);
      return;
    }
    if (isMember) {
      this.#unregister(port, member.endpoint.port);
      if (handle !== port.carrier) close.call(port.carrier);
    }
    close.call(handle, callback);
  }

  #unregister(port: SharedPort, number: number): void {
    const rest = (this.#ports.get(number) ?? []).filter((p) => p !== port);
    if (rest.length > 0) this.#ports.set(number, rest);
    else this.#ports.delete(number);
  }

  #reference(member: Member, on: boolean): void {
    member.referenced = on;
    if (member.guest === 'companion') (on ? this.#real.ref : this.#real.unref).call(member.handle);
    this.#applyReferences(member.port);
  }

  /** libuv keeps EADDRINUSE back until the handle is used. */
  #isInUse(handle: TcpHandle): boolean {
    return nameOf(this.#real.getsockname.call(handle, {})) === 'EADDRINUSE';
  }

  #applyReferences(port: SharedPort): void {
    const on = [...port.members].some((m) => m.referenced);
    (on ? this.#real.ref : this.#real.unref).call(port.carrier);
  }
}
