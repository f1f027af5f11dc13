import type { HookContext } from '../context';
import { warnDeaf } from './deaf';
import { collide, companionAddress, covers, type Endpoint, type Guest, guestOf, hears } from './endpoint';
import { nameOf } from './errno';
import { type Errno, type OnConnection, type SocketName, TCP_SERVER, type TcpHandle, UV_IPV6ONLY } from './internals';
import { LentPorts } from './lent-ports';

interface Member {
  readonly handle: TcpHandle;
  readonly endpoint: Endpoint;
  /** The handle's `close` as it was: a cluster worker's tells the primary. */
  readonly close: TcpHandle['close'];
  port: SharedPort;
  /** 'closed': its own kernel socket has been given up. */
  guest: Guest | 'closed' | undefined;
  listening: boolean;
  referenced: boolean;
}

/** One listening kernel socket and the listeners that are behind it; `carrier` is the handle that has it, mostly one of theirs. */
interface SharedPort {
  carrier: TcpHandle;
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
  readonly #lent: LentPorts;
  readonly #carried = new WeakMap<object, SharedPort>();
  /** What lib/net.js wants to be called with a connection. */
  readonly #inner = new WeakMap<object, OnConnection>();
  readonly #watch: (carrier: TcpHandle) => void;

  /** @param watch makes the connections of a carrier that is no listener's own be asked about */
  constructor(real: TcpHandle, context: HookContext, watch: (carrier: TcpHandle) => void) {
    this.#real = real;
    this.#lent = new LentPorts(real);
    this.#context = context;
    this.#watch = watch;
  }

  /**
   * Binds in the kernel, or joins the listener of this process that has the endpoint already and need not collide with it.
   * @param isClient it is not to listen, so it joins nobody
   */
  bind(handle: TcpHandle, endpoint: Endpoint, flags: number, isClient: boolean): Errno {
    const { bind6 } = this.#real;
    if (isClient) {
      this.#bound.set(handle, endpoint);
      return bind6.call(handle, endpoint.kernelAddress, endpoint.port, flags);
    }
    const ports = endpoint.port === 0 ? [] : (this.#ports.get(endpoint.port) ?? []);
    const port = ports.find((p) => covers(p.kernelAddress, endpoint));
    // What collides natively goes to the kernel, which says so.
    const free = !ports.some((p) => [...p.members].some((m) => collide(m.endpoint, endpoint)));
    if (port === undefined || !free) {
      this.#bound.set(handle, endpoint);
      if (free && ports.length > 0 && endpoint.kernelAddress === '::')
        return this.#widen([...ports], handle, endpoint, flags);
      const status = bind6.call(handle, endpoint.kernelAddress, endpoint.port, flags);
      if (status !== 0) return status;
      if (free && this.#isInUse(handle)) return this.#lent.bindBeside(handle, endpoint, flags);
      this.#lent.lend(handle, endpoint);
      return 0;
    }
    const companion =
      guestOf(port, endpoint) === 'companion' &&
      bind6.call(handle, companionAddress(endpoint), endpoint.port, flags & ~UV_IPV6ONLY) === 0 &&
      !this.#isInUse(handle);
    this.#join(port, handle, endpoint, companion ? 'companion' : 'virtual');
    return 0;
  }

  /** As what a listener on `endpoint` would join one of this process that has it in the kernel; undefined if it cannot. */
  guestFor(endpoint: Endpoint): Guest | undefined {
    const port = this.#joinable(endpoint);
    return port && guestOf(port, endpoint);
  }

  /** Joins, with a handle that the cluster's primary has bound to hear IPv4, or with one that is not bound at all. */
  join(handle: TcpHandle, endpoint: Endpoint, guest: Guest): void {
    const port = this.#joinable(endpoint);
    if (port) this.#join(port, handle, endpoint, guest);
  }

  #joinable(endpoint: Endpoint): SharedPort | undefined {
    const ports = this.#ports.get(endpoint.port) ?? [];
    const members = ports.flatMap((port) => [...port.members]);
    if (members.some((m) => collide(m.endpoint, endpoint))) return undefined;
    return ports.find((p) => covers(p.kernelAddress, endpoint));
  }

  /** A handle from the cluster's primary is bound already: to what, its server knows. */
  noteBound(handle: TcpHandle, endpoint: Endpoint): void {
    if (!this.wasBound(handle)) this.#bound.set(handle, endpoint);
  }

  /** Whether `handle` is a listener without a kernel socket of its own. */
  has(handle: object): boolean {
    return isVirtual(this.#members.get(handle));
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
    if (member && isVirtual(member)) {
      member.listening = true;
      return 0;
    }
    const status = this.#real.listen.call(handle, backlog);
    if (status !== 0) return status;
    const endpoint = this.#bound.get(handle);
    if (endpoint) this.#lent.unlend(handle, endpoint.port);
    if (endpoint && this.#lent.isDeaf(handle)) warnDeaf(endpoint, this.#context.policy.log);
    if (member) member.listening = true;
    else this.#register(handle);
    return 0;
  }

  getsockname(handle: TcpHandle, out: SocketName): Errno {
    const member = this.#members.get(handle);
    if (!member || !isVirtual(member)) return this.#real.getsockname.call(handle, out);
    out.address = member.endpoint.kernelAddress;
    out.family = 'IPv6';
    out.port = member.endpoint.port;
    return 0;
  }

  setInner(handle: object, inner: OnConnection | undefined): void {
    if (inner) this.#inner.set(handle, inner);
    else this.#inner.delete(handle);
  }

  /**
   * Whose a connection is that came in at `carrier`: a listener's handle, undefined where it is not shared, or null where
   * none of the listeners would have heard it.
   */
  listenerFor(carrier: TcpHandle, client: TcpHandle | undefined): TcpHandle | null | undefined {
    const port = this.#carried.get(carrier);
    if (port === undefined || client === undefined) return undefined;
    const own = this.#members.get(carrier);
    if (own?.listening && port.members.size === 1 && port.members.has(own)) return undefined;
    const member = this.#choose(port, client);
    return member === undefined ? null : member.handle;
  }

  deliver(handle: TcpHandle, status: Errno, client: TcpHandle | undefined): void {
    this.#inner.get(handle)?.call(handle, status, client);
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
    this.#open(handle, { ...endpoint, port: name.port ?? 0 }).listening = true;
  }

  /** `handle` has the kernel socket of `endpoint`: a port that others may come to share. */
  #open(handle: TcpHandle, endpoint: Endpoint): Member {
    const { kernelAddress, v6only, port: number } = endpoint;
    const port: SharedPort = { carrier: handle, kernelAddress, v6only, members: new Set() };
    this.#carried.set(handle, port);
    const list = this.#ports.get(number);
    if (list) list.push(port);
    else this.#ports.set(number, [port]);
    return this.#join(port, handle, endpoint, undefined);
  }

  /**
   * A listener on all addresses comes after listeners on some ([::1]:P, then 0.0.0.0:P), which the kernel's sockets do not
   * allow: theirs are closed, and the new one hears for them too.
   */
  #widen(narrow: SharedPort[], handle: TcpHandle, endpoint: Endpoint, flags: number): Errno {
    const { bind6, listen } = this.#real;
    for (const port of narrow) this.#closeCarrier(port);
    // libuv reports EADDRINUSE with `listen`; and until the program listens, the others have to be heard.
    const status = bind6.call(handle, '::', endpoint.port, flags) || listen.call(handle, BACKLOG);
    if (status !== 0) {
      for (const port of narrow) this.#carryAgain(port, endpoint.port);
      return status;
    }
    const { port } = this.#open(handle, endpoint);
    this.#watch(handle);
    for (const old of narrow) {
      this.#unregister(old, endpoint.port);
      for (const member of old.members) {
        member.port = port;
        port.members.add(member);
        this.#loseSocket(member, old.carrier);
      }
    }
    return 0;
  }

  /** What was closed in vain is opened again, by a handle that is no listener's own. */
  #carryAgain(port: SharedPort, number: number): void {
    const { bind6, listen } = this.#real;
    const carrier = new this.#context.classes.Tcp(TCP_SERVER);
    this.#carried.set(carrier, port);
    this.#watch(carrier);
    bind6.call(carrier, port.kernelAddress, number, port.v6only ? UV_IPV6ONLY : 0);
    listen.call(carrier, BACKLOG);
    for (const member of port.members) this.#loseSocket(member, port.carrier);
    port.carrier = carrier;
    this.#applyReferences(port);
  }

  #loseSocket(member: Member, closed: TcpHandle): void {
    const { handle } = member;
    if (handle !== closed) return;
    member.guest = 'closed';
    if (member.endpoint.family === 6) handle.getsockname = (out) => this.getsockname(handle, out);
  }

  #join(port: SharedPort, handle: TcpHandle, endpoint: Endpoint, guest: Guest | undefined): Member {
    const { close } = handle;
    const member: Member = { handle, endpoint, close, port, guest, listening: false, referenced: true };
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
    const closeOwn = () => {
      if (member.guest !== 'closed') member.close.call(handle, callback);
      else if (callback) setImmediate(callback);
    };
    const isMember = port.members.delete(member);
    member.listening = member.referenced = false;
    if (isMember && port.members.size > 0) {
      this.#applyReferences(port);
      // The carrier stays open, hidden, for those who are left.
      if (handle !== port.carrier) closeOwn();
      else if (callback) setImmediate(callback);
      return;
    }
    if (isMember) {
      this.#unregister(port, member.endpoint.port);
      if (handle !== port.carrier) this.#closeCarrier(port);
    }
    closeOwn();
  }

  #closeCarrier({ carrier }: SharedPort): void {
    const close = this.#members.get(carrier)?.close ?? this.#real.close;
    close.call(carrier);
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

const BACKLOG = 511; // as lib/net.js has it

function isVirtual(member: Member | undefined): boolean {
  return member?.guest === 'virtual' || member?.guest === 'closed';
}
