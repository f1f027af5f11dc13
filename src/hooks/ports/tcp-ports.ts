import type { HookContext } from '../context';
import { HandleState } from '../handle/handle-state';
import {
  type Errno,
  type SocketName,
  TCP_SERVER,
  type TcpHandle,
  UV_IPV6ONLY,
  UV_TCP_REUSEPORT,
} from '../handle/internals';
import {
  commonSocket,
  covers,
  type Endpoint,
  groupsOf,
  hears,
  isSame,
  isWithin,
  type KernelName,
  MAPPED_ANY,
  type PortSocket,
  PortTable,
  whoHears,
} from './port-table';
import { TcpPeers } from './tcp-peers';
import { warnIPv4Only, warnLost } from './warnings';

/** A kernel socket. The handle that has it is mostly a listener's own. */
interface Kernel {
  readonly handle: TcpHandle;
  readonly name: KernelName;
  /** It came from the cluster's primary and is other workers' too, so it stays as it is. */
  readonly isFixed: boolean;
  /** The handle's `close` as it was: a cluster worker's tells the primary. */
  readonly close: (callback?: () => void) => void;
}

interface Listener extends PortSocket {
  readonly handle: TcpHandle;
  kernel: Kernel;
  /** Its handle has no kernel socket. */
  isVirtual: boolean;
  /** Its handle had one, which was closed to make room for a shared one. */
  isClosed: boolean;
  referenced: boolean;
}

const BACKLOG = 511; // as lib/net.js has it

/**
 * The kernel's side of the port table for TCP. Listeners that a dual-stack host would let in beside each other and this
 * kernel would not share a socket. It is replaced when one opens or closes that makes it too narrow or too wide.
 */
export class TcpPorts {
  readonly #real: TcpHandle;
  readonly #context: HookContext;
  readonly #refused = new HandleState<Endpoint>('refused');
  readonly #peers: TcpPeers;
  readonly #table = new PortTable<Listener>();
  readonly #listeners = new HandleState<Listener>('listener');
  /** The ports of handles with a kernel socket, those that no listener has any more too. */
  readonly #ports = new HandleState<number>('port');
  readonly #watch: (handle: TcpHandle) => void;
  readonly #methods = this.#makeMethods();

  /** @param watch makes the connections of a handle that is no listener's own be asked about */
  constructor(real: TcpHandle, context: HookContext, watch: (handle: TcpHandle) => void) {
    this.#real = real;
    this.#context = context;
    this.#peers = new TcpPeers(real, context);
    this.#watch = watch;
  }

  /** @param isClient it is not to listen, so it shares nothing */
  bind(handle: TcpHandle, endpoint: Endpoint, flags: number, isClient: boolean): Errno {
    const beside = isClient ? [] : this.#table.beside(endpoint);
    // Bound and not listened on: the cluster's primary has such sockets for its workers.
    const isForWorkers = beside?.some((other) => !other.listening) === true;
    if (beside && isForWorkers) for (const other of beside) this.#allowReuse(other);
    else if (beside && beside.length > 0 && this.#share(handle, endpoint, beside)) return 0;
    const reuse = isForWorkers && process.platform === 'linux' ? UV_TCP_REUSEPORT : 0;
    const status = this.#real.bind6.call(handle, endpoint.kernelAddress, endpoint.port, flags | reuse);
    if (status !== 0 || isClient || this.#add(handle, endpoint)) return status;
    // In use. Where nothing else can be done libuv says so when the handle is used.
    if (beside === undefined) return 0;
    if (!isForWorkers) return this.#bindIPv4Only(handle, endpoint, flags);
    // A worker that is refused joins what it has there. One that this process listens on is no worker's.
    this.#refused.set(handle, endpoint);
    return 0;
  }

  /** A handle from the cluster's primary is bound already: to what, its server knows. */
  adopt(handle: TcpHandle, endpoint: Endpoint): void {
    if (this.#listeners.get(handle) === undefined) this.#add(handle, endpoint, true);
  }

  /** A listener without a kernel socket of its own, or undefined where none that is open has room for it. */
  join(endpoint: Endpoint): TcpHandle | undefined {
    const has = ({ name }: Kernel) => name.address === '::' || covers(name, endpoint);
    const kernel = this.#table.beside(endpoint)?.find((other) => has(other.kernel))?.kernel;
    if (kernel === undefined) return undefined;
    const handle = new this.#context.classes.Tcp(TCP_SERVER);
    this.#watch(kernel.handle);
    this.#register(handle, endpoint, kernel);
    return handle;
  }

  /** Whether `handle` is a listener without a kernel socket of its own. */
  isVirtual(handle: object): boolean {
    return this.#listeners.get(handle)?.isVirtual === true;
  }

  /** Whether listening is more than the kernel's business: it is virtual, or was refused beside workers' sockets. */
  listensFor(handle: object): boolean {
    return this.isVirtual(handle) || this.#refused.get(handle) !== undefined;
  }

  /** Whether this process listens on the loopback at `port`, and no listener there would hear a connection to `address`. */
  refuses(port: number, family: 4 | 6, address: string): boolean {
    const isLoopback = ({ kernelAddress }: Endpoint) => kernelAddress === '::1' || kernelAddress === '::';
    const listening = this.#table.at(port).filter((l) => l.listening && isLoopback(l.endpoint));
    return listening.length > 0 && !listening.some((l) => hears(l, family, address));
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
    out.address = listener.endpoint.kernelAddress;
    out.family = 'IPv6';
    out.port = listener.endpoint.port;
    return 0;
  }

  /** Whose a connection is that came in at `handle`: a listener's handle, or null where nobody is to hear it. */
  listenerFor(handle: TcpHandle, client: TcpHandle): TcpHandle | null {
    const port = this.#ports.get(handle);
    if (port === undefined) return handle;
    const all = this.#table.at(port);
    if (all.length === 1 && all[0]?.kernel.handle === handle && this.#hearsAll(all[0])) return all[0].handle;
    const peer = this.#peers.of(client);
    return (peer && whoHears(all, peer)?.handle) ?? null;
  }

  /** Most listeners are alone, and what the kernel lets in is theirs. */
  #hearsAll({ endpoint, kernel, listening }: Listener): boolean {
    if (!listening || !isWithin(kernel.name, endpoint)) return false;
    if (endpoint.family === 6 || kernel.name.address === '::1') return true;
    return endpoint.address === '0.0.0.0'
      ? this.#context.translator.opensToIPv6()
      : !endpoint.address.startsWith('127.');
  }

  /**
   * With SO_REUSEPORT Linux lets both listen where both say so, and asks the narrower one first. libuv sets the option before
   * it finds that a socket is bound already. It knows the option since 1.49 (Node.js 22.12).
   */
  #allowReuse({ kernel, endpoint }: Listener): void {
    this.#real.bind6.call(kernel.handle, kernel.name.address, endpoint.port, UV_TCP_REUSEPORT);
  }

  /** Beside an ipv6Only [::] that cannot be shared: what hears IPv4 alone does not collide with it. */
  #bindIPv4Only(handle: TcpHandle, endpoint: Endpoint, flags: number): Errno {
    if (endpoint.address !== '0.0.0.0') return 0;
    const status = this.#real.bind6.call(handle, MAPPED_ANY, endpoint.port, flags);
    if (status === 0) this.#add(handle, endpoint);
    return status;
  }

  /** Shares a socket with listeners of this process; one that does not fit is replaced. Says whether it could. */
  #share(handle: TcpHandle, endpoint: Endpoint, beside: readonly Listener[]): boolean {
    const name = commonSocket([...beside.map((l) => l.endpoint), endpoint]);
    const present = beside.find(({ kernel }) =>
      kernel.isFixed ? covers(kernel.name, endpoint) : isSame(kernel.name, name),
    );
    if (present) {
      this.#watch(present.kernel.handle);
      this.#register(handle, endpoint, present.kernel);
      return true;
    }
    if (beside.some(({ kernel }) => kernel.isFixed)) return false;
    for (const kernel of new Set(beside.map((l) => l.kernel))) kernel.close();
    // Until the program listens, the others have to be heard.
    const kernel = this.#open(handle, name, endpoint.port);
    if (kernel === undefined) {
      this.#replace(beside, endpoint.port);
      return false;
    }
    this.#register(handle, endpoint, kernel);
    for (const listener of beside) this.#move(listener, kernel);
    return true;
  }

  /** Opens what `listeners` need, whose sockets are closed. */
  #replace(listeners: readonly Listener[], port: number): void {
    for (const group of groupsOf(listeners)) {
      const handle = new this.#context.classes.Tcp(TCP_SERVER);
      const kernel = this.#open(handle, commonSocket(group.map((l) => l.endpoint)), port);
      if (kernel === undefined) this.#real.close.call(handle);
      for (const listener of group) {
        if (kernel) this.#move(listener, kernel);
        else warnLost(listener.endpoint, this.#context.policy.log);
      }
    }
  }

  #open(handle: TcpHandle, name: KernelName, port: number): Kernel | undefined {
    const { bind6, listen, close } = this.#real;
    this.#watch(handle);
    this.#ports.set(handle, port);
    const status =
      bind6.call(handle, name.address, port, name.v6only ? UV_IPV6ONLY : 0) || listen.call(handle, BACKLOG);
    if (status !== 0) return undefined;
    return { handle, name, isFixed: false, close: (callback) => close.call(handle, callback) };
  }

  #move(listener: Listener, kernel: Kernel): void {
    if (listener.handle === listener.kernel.handle) listener.isClosed = true;
    listener.kernel = kernel;
    this.#makeVirtual(listener);
    this.#applyReferences(kernel, listener.endpoint.port);
  }

  #makeVirtual(listener: Listener): void {
    const { handle, endpoint } = listener;
    listener.isVirtual = true;
    if (endpoint.family === 6) handle.getsockname = this.#methods.getsockname;
  }

  /** `handle` has a kernel socket of its own; false if it has none after all: libuv keeps EADDRINUSE back. */
  #add(handle: TcpHandle, endpoint: Endpoint, isFixed = false): boolean {
    const name: SocketName = {};
    if (this.#real.getsockname.call(handle, name) !== 0 || name.port === undefined) return false;
    const address = name.address === MAPPED_ANY ? MAPPED_ANY : endpoint.kernelAddress;
    const { v6only } = endpoint;
    const { close } = handle;
    this.#ports.set(handle, name.port);
    this.#register(
      handle,
      { ...endpoint, port: name.port, kernelAddress: address },
      { handle, name: { address, v6only }, isFixed, close: (callback) => close.call(handle, callback) },
    );
    return true;
  }

  #register(handle: TcpHandle, endpoint: Endpoint, kernel: Kernel): void {
    const state = { isVirtual: false, isClosed: false, listening: false, referenced: true };
    const listener: Listener = { handle, endpoint, kernel, ...state };
    this.#listeners.set(handle, listener);
    this.#table.add(listener);
    if (kernel.handle !== handle) this.#makeVirtual(listener);
    const { close, ref, unref, hasRef } = this.#methods;
    Object.assign(handle, { close, ref, unref, hasRef });
  }

  /** What listeners' handles have instead of their own. */
  #makeMethods(): Pick<TcpHandle, 'close' | 'ref' | 'unref' | 'hasRef' | 'getsockname'> {
    const of = (handle: TcpHandle) => this.#listeners.get(handle) as Listener;
    const reference = (listener: Listener, on: boolean) => {
      listener.referenced = on;
      this.#applyReferences(listener.kernel, listener.endpoint.port);
    };
    const leave = (listener: Listener, callback: (() => void) | undefined) => this.#leave(listener, callback);
    const getsockname = (handle: TcpHandle, out: SocketName) => this.getsockname(handle, out);
    return {
      close(this: TcpHandle, callback) {
        leave(of(this), callback);
      },
      ref(this: TcpHandle) {
        reference(of(this), true);
      },
      unref(this: TcpHandle) {
        reference(of(this), false);
      },
      hasRef(this: TcpHandle) {
        return of(this).referenced;
      },
      getsockname(this: TcpHandle, out) {
        return getsockname(this, out);
      },
    };
  }

  #leave(listener: Listener, callback: (() => void) | undefined): void {
    const { kernel, handle, endpoint } = listener;
    if (!this.#table.remove(listener)) return;
    listener.listening = listener.referenced = false;
    const left = this.#table.at(endpoint.port).filter((other) => other.kernel === kernel);
    // One that fits those who are left stays open, hidden.
    const stays = left.length > 0 && (kernel.isFixed || isSame(kernel.name, commonSocket(left.map((l) => l.endpoint))));
    const isOwn = handle === kernel.handle;
    if (!stays) kernel.close(isOwn ? callback : undefined);
    // libuv has to be told to forget a handle that never had a socket; one that lost it is closed already.
    if (!isOwn && !listener.isClosed) this.#real.close.call(handle, callback);
    else if (callback && (!isOwn || stays)) setImmediate(callback);
    if (stays) this.#applyReferences(kernel, endpoint.port);
    else this.#replace(left, endpoint.port);
  }

  #applyReferences(kernel: Kernel, port: number): void {
    const isReferenced = this.#table.at(port).some((l) => l.kernel === kernel && l.referenced);
    (isReferenced ? this.#real.ref : this.#real.unref).call(kernel.handle);
  }
}
