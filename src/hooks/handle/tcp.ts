import type { Decision } from '../../address/decision';
import { noSuchAddress } from '../../address/refusals';
import type { V6OnlyError } from '../../errors';
import type { HookContext } from '../context';
import { bindChannel, connectChannel } from '../diagnostics';
import { patch, type Undo } from '../patch';
import { explainConnect, NO_WAY, noWay } from './cause';
import { asOverIPv4, errnoOf, nameOf } from './errno';
import { completeLater, hold, watchAbandoned } from './hold';
import {
  type ConnectRequest,
  type Errno,
  type OnConnection,
  type SocketName,
  type TcpHandle,
  UV_IPV6ONLY,
} from './internals';
import { SharedPorts } from './shared-ports';
import { showLocal, showPeer, type View } from './view';

/** What a facade shows for its two ends where it need not ask the translator: the addresses that the program gave. */
export interface Known {
  peer?: string | undefined;
  local?: string | undefined;
}

/** What the kernel's side of a listener means to the program. */
interface Listener {
  view: View;
}

const MAPPED = '::ffff:';

/** Patches the TCP handle: IPv4 for the program, AF_INET6 for the kernel. */
export class TcpFacades {
  readonly #context: HookContext;
  readonly #real: TcpHandle;
  /** Handles that speak IPv4 (or IPv4-mapped IPv6) to the program and AF_INET6 to the kernel. */
  readonly #facades = new WeakMap<object, View>();
  readonly #known = new WeakMap<object, Known>();
  readonly #listeners = new WeakMap<object, Listener>();
  readonly #shared: SharedPorts;
  /** Why the last `bind` on a handle failed; the server that owns the handle is known only later. */
  lastBindRefusal: V6OnlyError | undefined;

  constructor(context: HookContext) {
    this.#context = context;
    const p = context.classes.Tcp.prototype;
    this.#real = { ...pick(p) } as TcpHandle;
    this.#shared = new SharedPorts(this.#real, context, (carrier) => {
      carrier.onconnection ??= () => {};
      if (!this.#listeners.has(carrier)) this.#watch(carrier, { view: 'mapped' });
    });
  }

  install(): Undo[] {
    const p = this.#context.classes.Tcp.prototype;
    const self = this;
    return [
      patch(
        p,
        'connect',
        () =>
          ({
            connect(this: TcpHandle, req: ConnectRequest, address: string, port: number) {
              return self.#connect(this, req, address, port);
            },
          }).connect,
      ),
      patch(
        p,
        'connect6',
        () =>
          ({
            connect6(this: TcpHandle, req: ConnectRequest, address: string, port: number) {
              return self.#connect6(this, req, address, port);
            },
          }).connect6,
      ),
      patch(
        p,
        'bind',
        () =>
          ({
            bind(this: TcpHandle, address: string, port: number, flags?: number) {
              return self.#bind(this, address, port, flags);
            },
          }).bind,
      ),
      patch(
        p,
        'bind6',
        () =>
          ({
            bind6(this: TcpHandle, address: string, port: number, flags?: number) {
              return self.#bind6(this, address, port, flags);
            },
          }).bind6,
      ),
      patch(
        p,
        'listen',
        () =>
          ({
            listen(this: TcpHandle, backlog: number) {
              return self.#listen(this, backlog);
            },
          }).listen,
      ),
      patch(
        p,
        'open',
        (real) =>
          ({
            open(this: TcpHandle, fd: number) {
              const status = real.call(this, fd);
              if (status === 0) self.#adoptDescriptor(this, fd);
              return status;
            },
          }).open,
      ),
    ];
  }

  /** Whether a handle speaks IPv4 to the program. */
  viewOf(handle: object): View | undefined {
    return this.#facades.get(handle);
  }

  /** What another process has to be told of a facade that it is sent; undefined for any other handle. */
  describe(handle: object): { view: View; known: Known } | undefined {
    const view = this.#facades.get(handle);
    return view && { view, known: this.#known.get(handle) ?? {} };
  }

  isTcpHandle(handle: unknown): handle is TcpHandle {
    return handle instanceof this.#context.classes.Tcp;
  }

  /** A handle that came over IPC: a facade, if it is AF_INET6. */
  adoptReceived(handle: TcpHandle, view: View, known: Known | undefined): void {
    if (this.#familyOf(handle) === 'IPv6') this.adopt(handle, view, known);
  }

  /** Makes a facade of a handle that came from elsewhere (another process, a descriptor) and is AF_INET6. */
  adopt(handle: TcpHandle, view: View, known: Known = {}): void {
    const context = this.#context;
    const { getpeername } = this.#real;
    this.#facades.set(handle, view);
    if (known.peer !== undefined || known.local !== undefined) this.#known.set(handle, known);
    handle.getpeername = (out) => {
      const status = getpeername.call(handle, out);
      if (status !== 0) return status;
      if (known.peer === undefined) showPeer(context, view, out);
      else show(out, known.peer);
      return 0;
    };
    handle.getsockname = (out) => {
      const status = this.#shared.getsockname(handle, out);
      if (status !== 0) return status;
      if (known.local === undefined) showLocal(context, view, out);
      else show(out, known.local);
      return 0;
    };
  }

  /** A listening handle is IPv4 in the program's eyes: what it accepts is too. Also for the stand-ins of cluster workers. */
  treatAsIPv4Listener(handle: TcpHandle): void {
    if (this.isTcpHandle(handle) ? this.#familyOf(handle) !== 'IPv6' : this.#context.translator.leavesIPv4Alone) return;
    const listener = this.#listeners.get(handle);
    if (listener) listener.view = 'ipv4';
    else this.#watch(handle, { view: 'ipv4' });
    if (!this.#facades.has(handle) && this.isTcpHandle(handle)) this.adopt(handle, 'ipv4');
  }

  #connect(handle: TcpHandle, req: ConnectRequest, address: string, port: number): Errno {
    const { translator } = this.#context;
    const owner = this.#ownerOf(handle);
    const host = this.#context.hostOf(owner);
    const decision = translator.destination(address, { port, host, protocol: 'tcp' });
    if (decision.kind === 'wait') {
      this.#context.counters.connects.held++;
      return hold(this.#context, handle, req, () => this.#connect(handle, req, address, port));
    }
    if (connectChannel.hasSubscribers)
      connectChannel.publish({ protocol: 'tcp', address, port, host, decision, owner });
    return this.#carryOut(handle, req, address, port, decision, 'ipv4');
  }

  /** An IPv4-mapped address in an IPv6 call is the IPv4 address that it is. */
  #connect6(handle: TcpHandle, req: ConnectRequest, address: string, port: number): Errno {
    const ipv4 = mappedIPv4(address);
    if (ipv4 === undefined) {
      if (address === '::1' && this.#shared.isDeafTo(port, 6, address))
        return completeLater(handle, req, 'ECONNREFUSED');
      const status = this.#real.connect6.call(handle, req, address, port);
      if (status === 0 && address === '::1' && !this.#context.flows.isEmpty) {
        this.#context.flows.forget(this.#localPort(handle));
      }
      return status;
    }
    const decision = this.#context.translator.destination(ipv4, { port, protocol: 'tcp' });
    if (decision.kind === 'wait')
      return hold(this.#context, handle, req, () => this.#connect6(handle, req, address, port));
    if (decision.kind === 'direct') return this.#real.connect6.call(handle, req, address, port);
    return this.#carryOut(handle, req, address, port, decision, 'mapped');
  }

  #carryOut(
    handle: TcpHandle,
    req: ConnectRequest,
    address: string,
    port: number,
    decision: Exclude<Decision, { kind: 'wait' }>,
    view: View,
  ): Errno {
    const { counters, flows } = this.#context;
    const bound = this.#facades.has(handle);
    if (decision.kind === 'refuse') {
      counters.connects.refused++;
      explainConnect(this.#ownerOf(handle), address, decision.cause);
      return errnoOf(decision.errno);
    }
    if (decision.kind === 'direct') {
      counters.connects.direct++;
      // The original call, byte for byte; only a socket that is bound as AF_INET6 already needs the mapped form.
      if (bound) return this.#real.connect6.call(handle, req, decision.address, port);
      return this.#real.connect.call(handle, req, address, port);
    }
    // Bound to an IPv4 address of this host, so AF_INET: the kernel alone can say whether that works.
    if (!bound && this.#familyOf(handle) === 'IPv4') return this.#real.connect.call(handle, req, address, port);
    const isLoopback = decision.step === 'loopback' && decision.address === '::1';
    if (isLoopback && this.#shared.isDeafTo(port, 4, mappedIPv4(address) ?? address)) return completeLater(handle, req, 'ECONNREFUSED');
    counters.connects.translated++;
    const status = this.#real.connect6.call(handle, req, decision.address, port);
    if (decision.step === 'nat64') this.#explainFailure(handle, req, address, port, decision, status);
    if (status !== 0) return status;
    const peer = address === '0.0.0.0' ? '127.0.0.1' : address;
    const local = this.#localAddressOf(handle);
    this.adopt(handle, view, { peer, local });
    if (isLoopback) {
      flows.note(
        this.#localPort(handle),
        local ?? '127.0.0.1',
        view === 'mapped' ? address.slice(MAPPED.length) : peer,
      );
    }
    return 0;
  }

  /** An error of the way to or through the NAT64 tells what was tried; and the way may have changed. */
  #explainFailure(
    handle: TcpHandle,
    req: ConnectRequest,
    address: string,
    port: number,
    decision: Extract<Decision, { kind: 'translate' }>,
    status: Errno,
  ): void {
    const { prefixes } = this.#context;
    const explain = (code: Errno) => {
      const name = nameOf(code);
      if (!NO_WAY.has(name)) return;
      prefixes.failed(decision.address);
      explainConnect(this.#ownerOf(handle), address, noWay(address, port, decision, name, prefixes.origin));
    };
    if (status !== 0) {
      explain(status);
      return;
    }
    if (prefixes.hasSeveral) watchAbandoned(handle, req, () => prefixes.failed(decision.address));
    const { oncomplete } = req;
    req.oncomplete = function (code, ...rest) {
      if (code !== 0) explain(code);
      return oncomplete?.call(this, asOverIPv4(code), ...rest);
    };
  }

  #bind(handle: TcpHandle, address: string, port: number, flags: number | undefined): Errno {
    const decision = this.#context.translator.local(address);
    const { binds } = this.#context.counters;
    if (bindChannel.hasSubscribers) {
      bindChannel.publish({ protocol: 'tcp', address, port, host: undefined, decision, owner: this.#ownerOf(handle) });
    }
    if (decision.kind === 'refuse' || decision.kind === 'wait') {
      binds.refused++;
      if (decision.kind === 'refuse') this.#explainBind(handle, address, decision.cause);
      return errnoOf('EADDRNOTAVAIL');
    }
    if (decision.kind === 'direct') {
      binds.direct++;
      return this.#real.bind.call(handle, address, port, flags);
    }
    binds.translated++;
    const status = this.#shared.bind(
      handle,
      { address, kernelAddress: decision.address, port, family: 4, v6only: false },
      (flags ?? 0) & ~UV_IPV6ONLY,
    );
    if (status === 0) {
      this.#remember(handle, address);
      this.adopt(handle, 'ipv4', address === '0.0.0.0' ? {} : { local: address });
    } else if (status === errnoOf('EADDRNOTAVAIL')) this.#explainBind(handle, address, noSuchAddress(address));
    return status;
  }

  /** A client has its socket already; a server's handle is made before the server has it. */
  #explainBind(handle: TcpHandle, address: string, cause: V6OnlyError): void {
    const owner = this.#ownerOf(handle);
    if (owner) explainConnect(owner, address, cause);
    else this.lastBindRefusal = cause;
  }

  #bind6(handle: TcpHandle, address: string, port: number, flags: number | undefined): Errno {
    const ipv4 = mappedIPv4(address);
    if (ipv4 !== undefined) {
      const decision = this.#context.translator.local(ipv4);
      if (decision.kind === 'translate') {
        const status = this.#real.bind6.call(handle, decision.address, port, flags);
        if (status === 0) this.adopt(handle, 'mapped', { local: address });
        return status;
      }
      return this.#real.bind6.call(handle, address, port, flags);
    }
    const v6only = ((flags ?? 0) & UV_IPV6ONLY) !== 0;
    return this.#shared.bind(handle, { address, kernelAddress: address, port, family: 6, v6only }, flags ?? 0);
  }

  #listen(handle: TcpHandle, backlog: number): Errno {
    let family = this.#familyOf(handle);
    if (family === undefined && !this.#shared.wasBound(handle)) {
      // Without a bind libuv would open an AF_INET socket.
      const decision = this.#context.translator.local('0.0.0.0');
      if (decision.kind === 'translate') {
        this.#bind(handle, '0.0.0.0', 0, 0);
        family = 'IPv6';
      }
    }
    const isFacade = this.#facades.has(handle);
    if (!isFacade && this.#context.translator.leavesIPv4Alone) return this.#real.listen.call(handle, backlog);
    if (family === 'IPv6' || this.#shared.has(handle)) {
      const view = this.#facades.get(handle) ?? 'mapped';
      const listener = this.#listeners.get(handle);
      if (listener) listener.view = view;
      else this.#watch(handle, { view });
      return this.#shared.listen(handle, backlog);
    }
    return this.#real.listen.call(handle, backlog);
  }

  /** From now on every connection that `handle` accepts is a facade of the listener's view. */
  #watch(handle: TcpHandle, listener: Listener): void {
    this.#listeners.set(handle, listener);
    const wrap = (inner: OnConnection | undefined): OnConnection | undefined =>
      inner &&
      ((status, client) => {
        const target = client && this.#shared.listenerFor(handle, client);
        if (target === null) {
          refuse(client as TcpHandle);
          return;
        }
        if (target !== undefined && target !== handle) {
          this.#adoptAccepted(client as TcpHandle, this.#listeners.get(target)?.view ?? 'mapped');
          this.#shared.deliver(target, status, client);
          return;
        }
        // Not a stream of another kind, and not one that an outer wrapper has seen already.
        if (client && typeof client.getpeername === 'function' && !this.#facades.has(client)) {
          this.#adoptAccepted(client, listener.view);
        }
        inner.call(handle, status, client);
      });
    let shown = wrap(handle.onconnection);
    this.#shared.setInner(handle, handle.onconnection);
    Object.defineProperty(handle, 'onconnection', {
      configurable: true,
      enumerable: true,
      get: () => shown,
      set: (value: OnConnection | undefined) => {
        shown = wrap(value);
        this.#shared.setInner(handle, value);
      },
    });
  }

  #adoptAccepted(client: TcpHandle, view: View): void {
    const { flows } = this.#context;
    if (flows.isEmpty) {
      this.adopt(client, view);
      return;
    }
    const peer: SocketName = {};
    this.#real.getpeername.call(client, peer);
    const source = peer.address === '::1' ? flows.source(peer.port) : undefined;
    if (source === undefined) {
      this.adopt(client, view);
      return;
    }
    const target = flows.target(peer.port) ?? source;
    if (view === 'ipv4') this.adopt(client, view, { peer: source, local: target });
    else this.adopt(client, view, { peer: MAPPED + source, local: MAPPED + target });
  }

  readonly #descriptors = new Map<number, { handle: WeakRef<TcpHandle>; address: string }>();

  #remember(handle: TcpHandle, address: string): void {
    const { fd } = handle;
    if (fd !== undefined && fd >= 0) this.#descriptors.set(fd, { handle: new WeakRef(handle), address });
  }

  /** A descriptor that one of our facades has already is IPv4 in the eyes of whoever opens it again. */
  #adoptDescriptor(handle: TcpHandle, fd: number): void {
    const known = this.#descriptors.get(fd);
    if (known?.handle.deref()?.fd !== fd) return;
    this.adopt(handle, 'ipv4', known.address === '0.0.0.0' ? {} : { local: known.address });
  }

  /** The address that a facade was bound to by the program. */
  #localAddressOf(handle: TcpHandle): string | undefined {
    if (!this.#facades.has(handle)) return undefined;
    const out: SocketName = {};
    const status = handle.getsockname(out);
    return status === 0 && out.address !== '0.0.0.0' && out.address !== '::' ? out.address : undefined;
  }

  #localPort(handle: TcpHandle): number {
    const out: SocketName = {};
    this.#real.getsockname.call(handle, out);
    return out.port ?? 0;
  }

  #familyOf(handle: TcpHandle): string | undefined {
    if (typeof handle.fd !== 'number') return undefined; // a stand-in of a cluster worker
    const out: SocketName = {};
    return this.#real.getsockname.call(handle, out) === 0 ? out.family : undefined;
  }

  #ownerOf(handle: object): object | undefined {
    return (handle as Record<symbol, object | undefined>)[this.#context.classes.ownerSymbol];
  }
}

/** Nobody listens where the peer meant to go: as near to ECONNREFUSED as an accepted connection comes. */
function refuse(client: TcpHandle): void {
  if (client.reset() !== 0) client.close();
}

function mappedIPv4(address: string): string | undefined {
  return address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : undefined;
}

function show(out: SocketName, address: string): void {
  out.address = address;
  out.family = address.includes(':') ? 'IPv6' : 'IPv4';
}

function pick(p: TcpHandle) {
  const { bind, bind6, listen, connect, connect6, getsockname, getpeername, open, close, ref, unref, hasRef } = p;
  return { bind, bind6, listen, connect, connect6, getsockname, getpeername, open, close, ref, unref, hasRef };
}
