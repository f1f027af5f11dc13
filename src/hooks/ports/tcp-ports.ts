import { nameOf } from '../../kernel/error-names';
import type { HookContext } from '../context';
import { HandleState } from '../handle/handle-state';
import type { RealTcp } from '../handle/real-methods';
import { socketName } from '../handle/socket-name';
import { showAs } from '../handle/view';
import { type Errno, type SocketName, TCP_SERVER, type TcpHandle, UV_TCP_REUSEPORT } from '../node-internals';
import { BACKLOG, type KernelSocket, type Listener, listenerMethods, REOPEN_MS, type Sharing } from './listener';
import { peerOf } from './peers';
import {
  commonSocket,
  covers,
  type Endpoint,
  groupsOf,
  hearsAll,
  isSame,
  type KernelName,
  MAPPED_ANY,
  PortTable,
  whoHears,
} from './port-table';
import { TcpBinds } from './tcp-binds';
import { warnIPv4Only, warnLost } from './warnings';

/**
 * The kernel's side of the port table for TCP. Listeners that a dual-stack host allows together and this kernel does
 * not share a kernel socket. It is replaced when a listener opens or closes and makes it too narrow or too wide.
 */
export class TcpPorts {
  readonly #real: RealTcp;
  readonly #context: HookContext;
  readonly #binds: TcpBinds;
  readonly #refused = new HandleState<Endpoint>('refused');
  readonly #table = new PortTable<Listener>();
  readonly #listeners = new HandleState<Listener>('listener');
  /** The ports of handles with a kernel socket, also of handles that no listener uses any more. */
  readonly #ports = new HandleState<number>('port');
  readonly #watch: (handle: TcpHandle) => void;
  readonly #methods = listenerMethods({
    of: (handle) => this.#listeners.get(handle) as Listener,
    leave: (listener, callback) => this.#leave(listener, callback),
    referenced: (listener) => this.#applyReferences(listener.kernel, listener.endpoint.port),
    getsockname: (handle, out) => this.getsockname(handle, out),
  });

  /** @param watch handles the connections of a handle that is not a listener of the program */
  constructor(real: RealTcp, context: HookContext, watch: (handle: TcpHandle) => void) {
    this.#real = real;
    this.#context = context;
    this.#binds = new TcpBinds(real, context.classes.Tcp);
    this.#watch = watch;
  }

  /** @param isClient it will not listen, so it shares nothing */
  bind(handle: TcpHandle, endpoint: Endpoint, flags: number, isClient: boolean): Errno {
    const beside = isClient ? [] : this.#table.beside(endpoint);
    // Bound but not listening: the cluster's primary has such sockets for its workers.
    const isForWorkers = beside?.some((other) => !other.listening) === true;
    if (beside && isForWorkers) for (const other of beside) this.#binds.allowReuse(other);
    else if (beside && beside.length > 0) {
      const status = this.#binds.judge(endpoint, flags) || this.#share(handle, endpoint, beside);
      if (status !== undefined) return status;
    }
    const reuse = isForWorkers && process.platform === 'linux' ? UV_TCP_REUSEPORT : 0;
    const status = this.#real.bind6.call(handle, endpoint.kernelAddress, endpoint.port, flags | reuse);
    if (status !== 0 || isClient || this.#add(handle, endpoint)) return status;
    // The port is in use. If nothing can be done, libuv reports this when the handle is used.
    if (beside === undefined) return 0;
    const isTaken = () => this.#binds.isTakenOnAll(endpoint.port, this.#context.kernel.interfaces());
    if (!isForWorkers) return isTaken() ? this.#bindIPv4Only(handle, endpoint, flags) : 0;
    // A refused worker shares a listener of its own process. A handle on which this process listens is not for workers.
    this.#refused.set(handle, endpoint);
    return 0;
  }

  /** A handle that came from elsewhere is bound already. */
  adopt(handle: TcpHandle, endpoint: Endpoint, sharing: Sharing): void {
    if (this.#listeners.get(handle) === undefined) this.#add(handle, endpoint, sharing);
  }

  /** A listener without a kernel socket of its own. Undefined if no open socket can accept its connections. */
  join(endpoint: Endpoint): TcpHandle | undefined {
    const kernel = this.#table
      .beside(endpoint)
      ?.map((other) => other.kernel)
      ?.find((one) => one && (one.name.address === '::' || covers(one.name, endpoint)));
    if (kernel === undefined) return undefined;
    const handle = new this.#context.classes.Tcp(TCP_SERVER);
    this.#watch(kernel.handle);
    this.#register(handle, endpoint, kernel);
    return handle;
  }

  endpointOf(handle: object): Endpoint | undefined {
    return this.#listeners.get(handle)?.endpoint;
  }

  /** Whether the kernel socket of the handle serves other listeners, or the handle has none of its own. */
  shares(handle: object): boolean {
    const own = this.#listeners.get(handle);
    const serves = (other: Listener) => other !== own && other.kernel?.handle === handle;
    return own !== undefined && (own.isVirtual || this.#table.at(own.endpoint.port).some(serves));
  }

  /** Another process shares the kernel socket from now on. */
  sharedWithOthers(handle: object): void {
    const kernel = this.#listeners.get(handle)?.kernel;
    if (kernel) kernel.sharing = 'others';
  }

  /** The kernel socket goes on in another thread. */
  depart(handle: object): void {
    const listener = this.#listeners.get(handle);
    if (listener) this.#table.remove(listener);
  }

  /** Whether `handle` is a listener without a kernel socket of its own. */
  isVirtual(handle: object): boolean {
    return this.#listeners.get(handle)?.isVirtual === true;
  }

  /** Whether `listen` must be handled here: the handle is virtual, or was refused beside sockets of workers. */
  listensFor(handle: object): boolean {
    return this.isVirtual(handle) || this.#refused.get(handle) !== undefined;
  }

  /** Whether this process listens on the loopback at `port`, but no listener accepts connections to `address`. */
  refuses(port: number, family: 4 | 6, address: string): boolean {
    return this.#table.refuses(port, family, address);
  }

  listen(handle: TcpHandle, backlog: number): Errno {
    const refused = this.#refused.get(handle);
    if (refused && !this.#listeners.get(handle)) this.#bindIPv4Only(handle, refused, 0);
    const listener = this.#listeners.get(handle);
    const status = listener?.isVirtual ? 0 : this.#real.listen.call(handle, backlog);
    if (status !== 0 || listener === undefined) return status;
    const { endpoint } = listener;
    if (endpoint.kernelAddress === MAPPED_ANY && this.#table.at(endpoint.port).length === 1)
      warnIPv4Only(endpoint, this.#context.policy.log);
    listener.listening = true;
    return 0;
  }

  getsockname(handle: TcpHandle, out: SocketName): Errno {
    const listener = this.#listeners.get(handle);
    if (!listener?.isVirtual) return this.#real.getsockname.call(handle, out);
    showAs(out, listener.endpoint.kernelAddress);
    out.port = listener.endpoint.port;
    return 0;
  }

  /** Whether the listener natively has IPv6 peers alone (`ipv6Only`). */
  isIPv6Only(handle: TcpHandle): boolean {
    const endpoint = this.#listeners.get(handle)?.endpoint;
    return endpoint?.family === 6 && endpoint.v6only;
  }

  /** The handle of the listener that gets a connection accepted at `handle`. Null if the connection must be refused. */
  listenerFor(handle: TcpHandle, client: TcpHandle): TcpHandle | null {
    const port = this.#ports.get(handle);
    if (port === undefined) return handle;
    const all = this.#table.at(port);
    const [alone] = all;
    // Most listeners are alone on their port, and get every connection.
    if (all.length === 1 && alone?.kernel?.handle === handle && hearsAll(alone, alone.kernel.name, this.#context))
      return alone.handle;
    const peer = peerOf(this.#context, this.#real, client);
    return (peer && whoHears(all, peer, this.#listeners.get(handle))?.handle) ?? null;
  }

  /** For 0.0.0.0 beside an ipv6Only [::] that cannot be shared: an IPv4-only socket does not collide with it. */
  #bindIPv4Only(handle: TcpHandle, endpoint: Endpoint, flags: number): Errno {
    if (endpoint.address !== '0.0.0.0') return 0;
    const status = this.#real.bind6.call(handle, MAPPED_ANY, endpoint.port, flags);
    if (status === 0) this.#add(handle, endpoint);
    return status;
  }

  /**
   * Shares a kernel socket of this process, or replaces one that does not fit. Returns the kernel's result for the new
   * one, or undefined if nothing can be shared.
   */
  #share(handle: TcpHandle, endpoint: Endpoint, beside: readonly Listener[]): Errno | undefined {
    const name = commonSocket([...beside.map((l) => l.endpoint), endpoint]);
    const kernels = new Set(beside.flatMap(({ kernel }) => kernel ?? []));
    for (const kernel of kernels) {
      const fits = kernel.sharing === 'own' ? isSame(kernel.name, name) : covers(kernel.name, endpoint);
      if (!fits || kernel.sharing === 'others') continue;
      this.#watch(kernel.handle);
      this.#register(handle, endpoint, kernel);
      return 0;
    }
    for (const kernel of kernels) if (kernel.sharing !== 'own') return undefined;
    // The others still have the port, so this finds other errors (no descriptor, no right to the port) without harm.
    const status = kernels.size > 0 ? this.#binds.bind(handle, name, endpoint.port) : 0;
    if (status !== 0) return status;
    for (const kernel of kernels) kernel.close.call(kernel.handle);
    // Listen now, because the other listeners must keep receiving connections.
    const kernel = this.#open(handle, name, endpoint.port);
    if (typeof kernel === 'number') {
      this.#replace(beside, endpoint.port);
      return undefined;
    }
    this.#register(handle, endpoint, kernel);
    for (const listener of beside) this.#move(listener, kernel);
    return 0;
  }

  /** Opens kernel sockets for `listeners`, whose sockets are closed. Tries again every second if this fails. */
  #replace(listeners: readonly Listener[], port: number): void {
    const lost: Listener[] = [];
    for (const group of groupsOf(listeners)) {
      const handle = new this.#context.classes.Tcp(TCP_SERVER);
      const kernel = this.#open(handle, commonSocket(group.map((l) => l.endpoint)), port);
      if (typeof kernel !== 'number') for (const listener of group) this.#move(listener, kernel);
      else {
        this.#real.close.call(handle);
        lost.push(...group);
        for (const { endpoint } of group) warnLost(endpoint, nameOf(kernel), this.#context.policy.log);
      }
    }
    if (lost.length === 0) return;
    for (const listener of lost) this.#move(listener, undefined);
    const timer = setTimeout(() => {
      const missing = this.#table.at(port).filter((listener) => lost.includes(listener) && !listener.kernel);
      this.#replace(missing, port);
    }, REOPEN_MS);
    // The program's listeners may keep the process alive. This timer must not.
    if (!lost.some((listener) => listener.referenced)) timer.unref();
  }

  #open(handle: TcpHandle, name: KernelName, port: number): KernelSocket | Errno {
    const { listen, close } = this.#real;
    this.#watch(handle);
    this.#ports.set(handle, port);
    const status = this.#binds.bind(handle, name, port) || listen.call(handle, BACKLOG);
    return status === 0 ? { handle, name, sharing: 'own', close } : status;
  }

  #move(listener: Listener, kernel: KernelSocket | undefined): void {
    if (listener.handle === listener.kernel?.handle) listener.isClosed = true;
    listener.kernel = kernel;
    this.#makeVirtual(listener);
    this.#applyReferences(kernel, listener.endpoint.port);
  }

  #makeVirtual(listener: Listener): void {
    const { handle, endpoint } = listener;
    listener.isVirtual = true;
    if (endpoint.family === 6) handle.getsockname = this.#methods.getsockname;
  }

  /** `handle` has a kernel socket of its own. Returns false if it has none after all: libuv delays EADDRINUSE. */
  #add(handle: TcpHandle, endpoint: Endpoint, sharing: Sharing = 'own'): boolean {
    const { address: at, port } = socketName(handle, this.#real.getsockname);
    if (port === undefined) return false;
    const address = at === MAPPED_ANY ? MAPPED_ANY : endpoint.kernelAddress;
    const { v6only } = endpoint;
    const { close } = handle;
    this.#ports.set(handle, port);
    const kernel = { handle, name: { address, v6only }, sharing, close };
    this.#register(handle, { ...endpoint, port, kernelAddress: address }, kernel);
    return true;
  }

  #register(handle: TcpHandle, endpoint: Endpoint, kernel: KernelSocket): void {
    const state = { isVirtual: false, isClosed: false, listening: false, referenced: true };
    const listener: Listener = { handle, endpoint, kernel, ...state };
    this.#listeners.set(handle, listener);
    this.#table.add(listener);
    if (kernel.handle !== handle) this.#makeVirtual(listener);
    const { close, ref, unref, hasRef } = this.#methods;
    Object.assign(handle, { close, ref, unref, hasRef });
  }

  #leave(listener: Listener, callback: (() => void) | undefined): void {
    const { kernel, handle, endpoint } = listener;
    if (!this.#table.remove(listener)) return;
    listener.listening = listener.referenced = false;
    const left = this.#table.at(endpoint.port).filter((other) => other.kernel && other.kernel === kernel);
    // A socket that fits the remaining listeners stays open, although its own listener is closed.
    const fits = ({ sharing, name }: KernelSocket) =>
      sharing !== 'own' || isSame(name, commonSocket(left.map((l) => l.endpoint)));
    const stays = kernel === undefined || (left.length > 0 && fits(kernel));
    const isOwn = handle === kernel?.handle;
    if (!stays) kernel.close.call(kernel.handle, isOwn ? callback : undefined);
    // A handle that never had a socket must be closed in libuv. One that lost its socket is closed already.
    if (!isOwn && !listener.isClosed) this.#real.close.call(handle, callback);
    else if (callback && (!isOwn || stays)) setImmediate(callback);
    if (stays) this.#applyReferences(kernel, endpoint.port);
    else this.#replace(left, endpoint.port);
  }

  #applyReferences(kernel: KernelSocket | undefined, port: number): void {
    if (kernel === undefined) return;
    const isReferenced = this.#table.at(port).some((l) => l.kernel === kernel && l.referenced);
    (isReferenced ? this.#real.ref : this.#real.unref).call(kernel.handle);
  }
}
