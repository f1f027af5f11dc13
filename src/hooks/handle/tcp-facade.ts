import { MAPPED } from '../../address/mapped';
import type { HookContext } from '../context';
import type { SocketName, TcpHandle } from './internals';
import { useWhileOpen } from './pool-use';
import { showAs, showLocal, showPeer, type View } from './view';

/** What a facade shows for its two ends where it need not ask the translator: the addresses that the program gave. */
export interface Known {
  peer?: string | undefined;
  local?: string | undefined;
}

/** A facade's state. */
export interface Facade {
  readonly view: View;
  readonly known: Known;
}

const NOTHING: Known = Object.freeze({});

/** `getsockname` as a facade has to ask it: a listener without a kernel socket of its own has a name all the same. */
type GetSockName = (handle: TcpHandle, out: SocketName) => number;

/** TCP handles that speak IPv4 (or IPv4-mapped IPv6) to the program and AF_INET6 to the kernel. */
export class TcpFacades {
  readonly real: TcpHandle;
  readonly #context: HookContext;
  readonly #facades = new WeakMap<object, Facade>();
  /** Descriptors of bound facades: whoever opens one again gets a facade too. */
  readonly #descriptors = new Map<number, { handle: WeakRef<TcpHandle>; address: string }>();
  readonly #getpeername: TcpHandle['getpeername'];
  readonly #getsockname: TcpHandle['getsockname'];
  #nameOf: GetSockName;

  constructor(context: HookContext) {
    this.#context = context;
    this.real = realMethods(context.classes.Tcp.prototype) as TcpHandle;
    this.#nameOf = (handle, out) => this.real.getsockname.call(handle, out);
    const { getpeername, getsockname } = this.#nameFunctions();
    this.#getpeername = getpeername;
    this.#getsockname = getsockname;
  }

  /** Whether a handle is a facade, and how its addresses read. */
  viewOf(handle: object): View | undefined {
    return this.#facades.get(handle)?.view;
  }

  /** From now on names are asked for by `getsockname`. */
  askNamesBy(getsockname: GetSockName): void {
    this.#nameOf = getsockname;
  }

  /** What another process has to be told of a facade that it is sent; undefined for any other handle. */
  describe(handle: object): Facade | undefined {
    return this.#facades.get(handle);
  }

  /** Not so the stand-in that a cluster worker has for a listener of the primary. */
  isTcpHandle(handle: unknown): handle is TcpHandle {
    return handle instanceof this.#context.classes.Tcp;
  }

  /** A handle that came over IPC: a facade, if it is AF_INET6. */
  adoptReceived(handle: TcpHandle, view: View, known: Known | undefined): void {
    if (this.familyOf(handle) === 'IPv6') this.adopt(handle, view, known);
  }

  /** Makes a facade of a handle whose socket is, or will be, AF_INET6. */
  adopt(handle: TcpHandle, view: View, known: Known = NOTHING): void {
    this.#facades.set(handle, { view, known });
    handle.getpeername = this.#getpeername;
    handle.getsockname = this.#getsockname;
  }

  /** The same two functions for every facade, so that one more costs little: a facade is made for every connection. */
  #nameFunctions(): Pick<TcpHandle, 'getpeername' | 'getsockname'> {
    const context = this.#context;
    const { getpeername } = this.real;
    const facades = this.#facades;
    const names = this;
    return {
      getpeername(this: TcpHandle, out: SocketName) {
        const status = getpeername.call(this, out);
        const facade = facades.get(this);
        if (status !== 0 || !facade) return status;
        if (facade.known.peer === undefined) {
          showPeer(context, facade.view, out);
          if (facade.view === 'ipv4' && out.family === 'IPv4') useWhileOpen(context.pool, this, out.address ?? '');
        } else showAs(out, facade.known.peer);
        return 0;
      },
      getsockname(this: TcpHandle, out: SocketName) {
        const status = names.#nameOf(this, out);
        const facade = facades.get(this);
        if (status !== 0 || !facade) return status;
        if (facade.known.local === undefined) showLocal(context, facade.view, out);
        else showAs(out, facade.known.local);
        return 0;
      },
    };
  }

  /** A connection that a listener of that view accepted. */
  adoptAccepted(client: TcpHandle, view: View): void {
    const { flows } = this.#context;
    if (flows.isEmpty) {
      this.adopt(client, view);
      return;
    }
    const peer: SocketName = {};
    this.real.getpeername.call(client, peer);
    const source = peer.address === '::1' ? flows.source(peer.port) : undefined;
    if (source === undefined) {
      this.adopt(client, view);
      return;
    }
    const target = flows.target(peer.port) ?? source;
    if (view === 'ipv4') this.adopt(client, view, { peer: source, local: target });
    else this.adopt(client, view, { peer: MAPPED + source, local: MAPPED + target });
  }

  /** A facade was bound: its descriptor may be opened again. */
  remember(handle: TcpHandle, address: string): void {
    const { fd } = handle;
    if (fd !== undefined && fd >= 0) this.#descriptors.set(fd, { handle: new WeakRef(handle), address });
  }

  /** A descriptor that one of our facades has already is IPv4 in the eyes of whoever opens it again. */
  adoptDescriptor(handle: TcpHandle, fd: number): void {
    const known = this.#descriptors.get(fd);
    if (known?.handle.deref()?.fd !== fd) return;
    this.adopt(handle, 'ipv4', known.address === '0.0.0.0' ? {} : { local: known.address });
  }

  /** The address that a facade was bound to by the program. */
  localAddressOf(handle: TcpHandle): string | undefined {
    if (!this.#facades.has(handle)) return undefined;
    const out: SocketName = {};
    const status = handle.getsockname(out);
    return status === 0 && out.address !== '0.0.0.0' && out.address !== '::' ? out.address : undefined;
  }

  /** The local port in the kernel; 0 where there is none. */
  localPort(handle: TcpHandle): number {
    const out: SocketName = {};
    this.real.getsockname.call(handle, out);
    return out.port ?? 0;
  }

  /** What the kernel calls the socket; undefined for one that is not made yet. */
  familyOf(handle: TcpHandle): string | undefined {
    // A stand-in of a cluster worker has no descriptor, and most sockets have none before they connect.
    if (typeof handle.fd !== 'number' || (handle.fd < 0 && process.platform !== 'win32')) return undefined;
    const out: SocketName = {};
    return this.real.getsockname.call(handle, out) === 0 ? out.family : undefined;
  }

  /** The `net.Socket` or `net.Server` that has the handle, once it has. */
  ownerOf(handle: object): object | undefined {
    return (handle as Record<symbol, object | undefined>)[this.#context.classes.ownerSymbol];
  }
}

/** The methods as they are before anything is patched; captured once. */
function realMethods(p: TcpHandle) {
  const { bind, bind6, listen, connect, connect6, getsockname, getpeername, open, close, ref, unref, hasRef } = p;
  return { bind, bind6, listen, connect, connect6, getsockname, getpeername, open, close, ref, unref, hasRef };
}
