import { mappedIPv4 } from '../../address/mapped';
import { noSuchAddress } from '../../address/refusals';
import type { V6OnlyError } from '../../errors';
import type { HookContext } from '../context';
import { bindChannel } from '../diagnostics';
import { hasBlockList, isBlocked } from './block-list';
import { explainConnect } from './cause';
import type { Endpoint, Guest } from './endpoint';
import { errnoOf } from './errno';
import { type Errno, type OnConnection, TCP_SERVER, type TcpHandle, UV_IPV6ONLY } from './internals';
import { warnNotReachable } from './not-reachable';
import type { SharedPorts } from './shared-ports';
import { boundTo, facade, type TcpFacades, UNKNOWN_ENDS } from './tcp-facade';
import type { View } from './view';

/** What the kernel's side of a listener means to the program. */
interface Listener {
  view: View;
}

/** `bind`, `bind6` and `listen` of the TCP handle, and what a listener accepts. */
export class TcpListeners {
  readonly #context: HookContext;
  readonly #facades: TcpFacades;
  readonly #shared: SharedPorts;
  readonly #listeners = new WeakMap<object, Listener>();
  /** Why the last `bind` on a handle failed; the server that owns the handle is known only later. */
  lastBindRefusal: V6OnlyError | undefined;

  constructor(context: HookContext, facades: TcpFacades, shared: SharedPorts) {
    this.#context = context;
    this.#facades = facades;
    this.#shared = shared;
  }

  /** A listening handle is IPv4 in the program's eyes: what it accepts is too. Also for the stand-ins of cluster workers. */
  treatAsIPv4Listener(handle: TcpHandle): void {
    if (
      this.#facades.isTcpHandle(handle)
        ? this.#facades.familyOf(handle) !== 'IPv6'
        : !this.#context.translator.opensToIPv6()
    )
      return;
    const listener = this.#listeners.get(handle);
    if (listener) listener.view = 'ipv4';
    else this.#watch(handle, { view: 'ipv4' });
    if (this.#facades.viewOf(handle) === undefined && this.#facades.isTcpHandle(handle))
      this.#facades.adopt(handle, UNKNOWN_ENDS.ipv4);
  }

  /** As what a listener there would join one of this process that has the endpoint in the kernel; undefined if it cannot. */
  guestFor(address: string, port: number, family: 4 | 6, flags: number): Guest | undefined {
    const endpoint = this.#endpointOf(address, port, family, flags);
    return endpoint && this.#shared.guestFor(endpoint);
  }

  /**
   * A handle that has joined that listener.
   * @param companion a handle that the cluster's primary has bound so that it hears IPv4, where there is one
   */
  join(address: string, port: number, family: 4 | 6, flags: number, companion?: TcpHandle): TcpHandle {
    const handle = companion ?? new this.#context.classes.Tcp(TCP_SERVER);
    const endpoint = this.#endpointOf(address, port, family, flags);
    if (endpoint) {
      this.#shared.join(handle, endpoint, companion ? 'companion' : 'virtual');
      this.#context.counters.binds.translated++;
      if (family === 4) this.#adoptBound(handle, address);
    }
    return handle;
  }

  /** What a handle from the cluster's primary was bound to. */
  noteBound(handle: TcpHandle, address: string, port: number, family: 4 | 6, flags: number): void {
    const endpoint = this.#facades.isTcpHandle(handle) && this.#endpointOf(address, port, family, flags);
    if (endpoint) this.#shared.noteBound(handle, endpoint);
  }

  /** Undefined where the address stays on IPv4. */
  #endpointOf(address: string, port: number, family: 4 | 6, flags: number): Endpoint | undefined {
    const { translator } = this.#context;
    if (!translator.opensToIPv6()) return undefined;
    if (family === 6) return { address, kernelAddress: address, port, family, v6only: (flags & UV_IPV6ONLY) !== 0 };
    const decision = translator.local(address);
    if (decision.kind !== 'translate') return undefined;
    return { address, kernelAddress: decision.address, port, family, v6only: false };
  }

  bind(handle: TcpHandle, address: string, port: number, flags: number | undefined): Errno {
    const decision = this.#context.translator.local(address, 'tcp', this.#isClient(handle));
    const { binds } = this.#context.counters;
    if (bindChannel.hasSubscribers) {
      bindChannel.publish({
        protocol: 'tcp',
        address,
        port,
        host: undefined,
        decision,
        owner: this.#context.classes.ownerOf(handle),
      });
    }
    if (decision.kind === 'refuse' || decision.kind === 'wait') {
      binds.refused++;
      if (decision.kind === 'refuse') this.#explainBind(handle, address, decision.cause);
      return errnoOf('EADDRNOTAVAIL');
    }
    if (decision.kind === 'direct') {
      binds.direct++;
      if (decision.step === 'any' && !this.#isClient(handle)) warnNotReachable(this.#context);
      return this.#facades.real.bind.call(handle, address, port, flags);
    }
    binds.translated++;
    const status = this.#shared.bind(
      handle,
      { address, kernelAddress: decision.address, port, family: 4, v6only: false },
      (flags ?? 0) & ~UV_IPV6ONLY,
      this.#isClient(handle),
    );
    if (status === 0) this.#adoptBound(handle, address);
    else if (status === errnoOf('EADDRNOTAVAIL')) this.#explainBind(handle, address, noSuchAddress(address));
    return status;
  }

  #adoptBound(handle: TcpHandle, address: string): void {
    this.#facades.remember(handle, address);
    this.#facades.adopt(handle, boundTo(address));
  }

  /** A client has its socket already; a server's handle is made before the server has it. */
  #explainBind(handle: TcpHandle, address: string, cause: V6OnlyError): void {
    const owner = this.#context.classes.ownerOf(handle);
    if (owner) explainConnect(owner, address, cause);
    else this.lastBindRefusal = cause;
  }

  bind6(handle: TcpHandle, address: string, port: number, flags: number | undefined): Errno {
    const ipv4 = mappedIPv4(address);
    if (ipv4 !== undefined) {
      const decision = this.#context.translator.local(ipv4);
      if (decision.kind === 'translate') {
        const status = this.#facades.real.bind6.call(handle, decision.address, port, flags);
        if (status === 0) this.#facades.adopt(handle, facade('mapped', undefined, address));
        return status;
      }
      return this.#facades.real.bind6.call(handle, address, port, flags);
    }
    const v6only = ((flags ?? 0) & UV_IPV6ONLY) !== 0;
    const endpoint = { address, kernelAddress: address, port, family: 6, v6only } as const;
    return this.#shared.bind(handle, endpoint, flags ?? 0, this.#isClient(handle));
  }

  /** A server's handle is bound before the server has it. */
  #isClient(handle: TcpHandle): boolean {
    return this.#context.classes.ownerOf(handle) !== undefined;
  }

  listen(handle: TcpHandle, backlog: number): Errno {
    let family = this.#facades.familyOf(handle);
    if (family === undefined && !this.#shared.wasBound(handle)) {
      // Without a bind libuv would open an AF_INET socket.
      const decision = this.#context.translator.local('0.0.0.0');
      if (decision.kind === 'translate') {
        this.bind(handle, '0.0.0.0', 0, 0);
        family = 'IPv6';
      }
    }
    const isFacade = this.#facades.viewOf(handle) !== undefined;
    if (!isFacade && !this.#context.translator.opensToIPv6()) return this.#facades.real.listen.call(handle, backlog);
    if (family === 'IPv6' || this.#shared.has(handle)) {
      const view = this.#facades.viewOf(handle) ?? 'mapped';
      const listener = this.#listeners.get(handle);
      if (listener) listener.view = view;
      else this.#watch(handle, { view });
      return this.#shared.listen(handle, backlog);
    }
    return this.#facades.real.listen.call(handle, backlog);
  }

  /** The address that the kernel gave; lib/net.js judges the one that is shown. */
  #isBlocked(listener: TcpHandle, client: TcpHandle): boolean {
    const owner = this.#context.classes.ownerOf(listener);
    return hasBlockList(owner) && isBlocked(owner, this.#facades.kernelPeerOf(client));
  }

  /** A socket that carries listeners without being one itself: what it accepts is theirs. */
  carry(carrier: TcpHandle): void {
    carrier.onconnection ??= () => {};
    if (!this.#listeners.has(carrier)) this.#watch(carrier, { view: 'mapped' });
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
        if (client && this.#isBlocked(target ?? handle, client)) {
          client.close();
          return;
        }
        if (target !== undefined && target !== handle) {
          this.#facades.adoptAccepted(client as TcpHandle, this.#listeners.get(target)?.view ?? 'mapped');
          this.#shared.deliver(target, status, client);
          return;
        }
        // Not a stream of another kind, and not one that an outer wrapper has seen already.
        if (client && typeof client.getpeername === 'function' && this.#facades.viewOf(client) === undefined) {
          this.#facades.adoptAccepted(client, listener.view);
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
}

/** Nobody listens where the peer meant to go: as near to ECONNREFUSED as an accepted connection comes. */
function refuse(client: TcpHandle): void {
  if (client.reset() !== 0) client.close();
}
