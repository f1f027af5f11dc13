import { isIPv6 } from 'node:net';
import { MAPPED, mappedIPv4 } from '../../address/mapped';
import { noSuchAddress } from '../../address/refusals';
import { keep } from '../../kept-callbacks';
import type { V6OnlyError } from '../../report/errors';
import type { HookContext } from '../context';
import { bindChannel } from '../diagnostics';
import { hasBlockList, isBlockedPeer } from '../handle/block-lists';
import { errnoOf } from '../handle/errno';
import { HandleState } from '../handle/handle-state';
import { learnForPeers } from '../handle/learn-for-peers';
import { explainConnect } from '../handle/network-errors';
import { emptyName } from '../handle/socket-name';
import type { View } from '../handle/view';
import { type Errno, type OnConnection, type TcpHandle, UV_IPV6ONLY } from '../node-internals';
import { type Endpoint, ipv6Endpoint } from '../ports/port-table';
import type { TcpPorts } from '../ports/tcp-ports';
import { warnNotReachable } from '../ports/warnings';
import { publish } from '../publish';
import { boundTo, facade, type TcpFacades, UNKNOWN_ENDS } from './facade';

/** How a handle's connections appear to the program. */
interface Accepting {
  /** Undefined: as what they are, for the listener has IPv6 peers alone. */
  view: View | undefined;
  /** The function that lib/net.js set. */
  inner: OnConnection | undefined;
  /** The function that is read back: it calls `inner`. There is one for each `inner`, because a program may wrap it. */
  shown: OnConnection | undefined;
  /** Calls `inner` in the asynchronous context of the listener, for a connection that another handle accepted. */
  readonly hand: OnConnection;
}

/** `bind`, `bind6` and `listen` of the TCP handle, and its accepted connections. */
export class TcpListeners {
  readonly #context: HookContext;
  readonly #facades: TcpFacades;
  readonly #ports: TcpPorts;
  readonly #listeners = new HandleState<Accepting>('connections');
  /** Marks handles that the program bound: libuv reports EADDRINUSE only when the handle is used next. */
  readonly #bound = new HandleState<true>('bound');
  readonly #onconnection: PropertyDescriptor;
  /** Why the last `bind` on a handle failed. Its server is known only later. */
  lastBindRefusal: V6OnlyError | undefined;

  constructor(context: HookContext, facades: TcpFacades, ports: TcpPorts) {
    this.#context = context;
    this.#facades = facades;
    this.#ports = ports;
    this.#onconnection = this.#accessor();
  }

  /**
   * The server of `handle` has an IPv4 address (`ipv4`), or an IPv6 one (`mapped`; undefined if it is IPv6-only), and its
   * connections appear as such. With round-robin a cluster worker only has a placeholder for the handle of the primary,
   * which knows nothing of this.
   */
  treatAsListener(handle: TcpHandle, view: View | undefined, address: string): void {
    if (!this.#facades.isTcpHandle(handle)) {
      if (!this.#context.translator.opensToIPv6()) return;
      this.#watch(handle, view);
      learnForPeers(this.#context, address);
    } else if (view === 'ipv4' && this.#facades.familyOf(handle) === 'IPv6') {
      this.#watch(handle, view);
      if (this.#facades.viewOf(handle) === undefined) this.#facades.adopt(handle, UNKNOWN_ENDS.ipv4);
    }
  }

  /** A listener that shares a kernel socket of this process. Undefined if none can accept its connections. */
  join(address: string, port: number, family: 4 | 6, flags: number): TcpHandle | undefined {
    const endpoint = this.#endpointOf(address, port, family, flags);
    const handle = endpoint && this.#ports.join(endpoint);
    if (handle === undefined) return undefined;
    this.#context.counters.binds.translated++;
    if (family === 4) this.#adoptBound(handle, address);
    return handle;
  }

  /** Records the endpoint to which the cluster's primary bound a handle. */
  noteBound(handle: TcpHandle, address: string, port: number, family: 4 | 6, flags: number): void {
    const endpoint = this.#facades.isTcpHandle(handle) && this.#endpointOf(address, port, family, flags);
    if (endpoint) this.#ports.adopt(handle, endpoint, 'workers');
  }

  /** Undefined if the address stays on IPv4. */
  #endpointOf(address: string, port: number, family: 4 | 6, flags: number): Endpoint | undefined {
    const { translator } = this.#context;
    if (family === 6) return ipv6Endpoint(address, port, flags);
    const decision = translator.local(address);
    if (decision.kind !== 'translate') return undefined;
    return { address, kernelAddress: decision.address, port, family, v6only: false };
  }

  bind(
    handle: TcpHandle,
    address: string,
    port: number,
    flags: number | undefined,
    isClient = this.#isClient(handle),
  ): Errno {
    this.#bound.set(handle, true);
    const decision = this.#context.translator.local(address, 'tcp', isClient);
    const { binds } = this.#context.counters;
    publish(bindChannel, this.#context, handle, 'tcp', address, port, decision);
    if (decision.kind === 'refuse' || decision.kind === 'wait') {
      binds.refused++;
      if (decision.kind === 'refuse') this.#explainBind(handle, decision.cause);
      return errnoOf('EADDRNOTAVAIL');
    }
    if (decision.kind === 'direct') {
      binds.direct++;
      if (decision.step === 'any' && !this.#isClient(handle)) warnNotReachable(this.#context, 'TCP', port);
      return this.#facades.real.bind.call(handle, address, port, flags);
    }
    binds.translated++;
    const status = this.#ports.bind(
      handle,
      { address, kernelAddress: decision.address, port, family: 4, v6only: false },
      (flags ?? 0) & ~UV_IPV6ONLY,
      isClient,
    );
    if (status === 0) this.#adoptBound(handle, address);
    else if (status === errnoOf('EADDRNOTAVAIL')) this.#explainBind(handle, noSuchAddress(address));
    return status;
  }

  #adoptBound(handle: TcpHandle, address: string): void {
    this.#facades.remember(handle, address);
    this.#facades.adopt(handle, boundTo(address));
  }

  /** The handle of a client already has its owner. The handle of a server is created before it has one. */
  #explainBind(handle: TcpHandle, cause: V6OnlyError): void {
    const owner = this.#context.classes.ownerOf(handle);
    if (owner) explainConnect(owner, cause);
    else this.lastBindRefusal = cause;
  }

  bind6(handle: TcpHandle, address: string, port: number, flags = 0): Errno {
    this.#bound.set(handle, true);
    const isClient = this.#isClient(handle);
    const ipv4 = mappedIPv4(address);
    if (ipv4 === undefined) {
      if (!isIPv6(address)) return this.#facades.real.bind6.call(handle, address, port, flags);
      return this.#ports.bind(handle, ipv6Endpoint(address, port, flags), flags, isClient);
    }
    const decision = this.#context.translator.local(ipv4, 'tcp', isClient);
    publish(bindChannel, this.#context, handle, 'tcp', ipv4, port, decision);
    // A socket that is IPv6-only cannot have an IPv4 address, and the kernel rejects it.
    if (decision.kind !== 'translate' || (flags & UV_IPV6ONLY) !== 0)
      return this.#facades.real.bind6.call(handle, address, port, flags);
    const endpoint: Endpoint = { address: ipv4, kernelAddress: decision.address, port, family: 4, v6only: false };
    const status = this.#ports.bind(handle, endpoint, flags, isClient);
    const shown = MAPPED + (decision.step === 'any' ? '0.0.0.0' : ipv4);
    if (status === 0) this.#facades.adopt(handle, facade('mapped', undefined, shown));
    return status;
  }

  /** A server's handle is bound before it has an owner, so a handle with an owner is a client's. */
  #isClient(handle: TcpHandle): boolean {
    return this.#context.classes.ownerOf(handle) !== undefined;
  }

  listen(handle: TcpHandle, backlog: number): Errno {
    let family = this.#facades.familyOf(handle);
    if (family === undefined && !this.#bound.get(handle) && !this.#ports.isVirtual(handle)) {
      // Without a bind, libuv would open an AF_INET socket.
      const decision = this.#context.translator.local('0.0.0.0');
      if (decision.kind === 'translate') {
        this.bind(handle, '0.0.0.0', 0, 0, false);
        family = 'IPv6';
      }
    }
    if (family !== 'IPv6' && !this.#ports.listensFor(handle)) return this.#facades.real.listen.call(handle, backlog);
    const view = this.#facades.viewOf(handle);
    if (view !== undefined || this.#context.translator.opensToIPv6()) {
      this.#watch(handle, view ?? 'mapped');
      learnForPeers(this.#context, this.#kernelAddressOf(handle));
    }
    return this.#ports.listen(handle, backlog);
  }

  #kernelAddressOf(handle: TcpHandle): string {
    const name = emptyName();
    return this.#ports.getsockname(handle, name) === 0 ? (name.address ?? '') : '';
  }

  /** Checks the address in the kernel. lib/net.js checks the one that the program sees. */
  #isBlocked(listener: TcpHandle, client: TcpHandle): boolean {
    const owner = this.#context.classes.ownerOf(listener);
    return hasBlockList(owner) && isBlockedPeer(this.#context, owner, this.#facades.kernelPeerOf(client));
  }

  /**
   * Dispatches the connections of a handle that has a kernel socket but may not belong to a listener of the program.
   */
  carry(handle: TcpHandle): void {
    handle.onconnection ??= IGNORE;
    this.#watch(handle, this.#facades.viewOf(handle) ?? 'mapped');
  }

  /**
   * From now on every connection that `handle` accepts goes to the right listener, as a facade with that listener's
   * view.
   */
  #watch(handle: TcpHandle, view: View | undefined): void {
    const known = this.#listeners.get(handle);
    if (known) {
      known.view = view;
      return;
    }
    const inner = handle.onconnection;
    const hand = keep<Parameters<OnConnection>, void>((...args) => accepting.inner?.call(handle, ...args));
    const accepting: Accepting = { view, inner, shown: this.#wrap(handle, inner), hand };
    this.#listeners.set(handle, accepting);
    Object.defineProperty(handle, 'onconnection', this.#onconnection);
  }

  /**
   * One accessor for all handles: V8 allocates accessors in its old generation, so everything in their closures would
   * stay until a full collection.
   */
  #accessor(): PropertyDescriptor {
    const stateOf = (handle: TcpHandle) => this.#listeners.get(handle);
    const wrap = (handle: TcpHandle, inner: OnConnection | undefined) => this.#wrap(handle, inner);
    return {
      __proto__: null,
      configurable: true,
      enumerable: true,
      get(this: TcpHandle) {
        return stateOf(this)?.shown;
      },
      set(this: TcpHandle, value: OnConnection | undefined) {
        const listener = stateOf(this);
        if (!listener) return;
        listener.inner = value;
        listener.shown = wrap(this, value);
      },
    } as PropertyDescriptor;
  }

  #wrap(handle: TcpHandle, inner: OnConnection | undefined): OnConnection | undefined {
    return inner && ((status, client) => this.#accept(handle, inner, status, client));
  }

  #accept(handle: TcpHandle, inner: OnConnection, status: Errno, client: TcpHandle | undefined): void {
    // Not a stream of another kind, and not one that an outer wrapper has handled already.
    const isNew = client && typeof client.getpeername === 'function' && this.#facades.viewOf(client) === undefined;
    const target = isNew ? this.#ports.listenerFor(handle, client) : handle;
    const listener = target && this.#listeners.get(target);
    if (!listener) {
      refuse(client as TcpHandle);
      return;
    }
    if (isNew && this.#isBlocked(target, client)) {
      client.close();
      return;
    }
    if (isNew && listener.view && !this.#ports.isIPv6Only(target)) this.#facades.adoptAccepted(client, listener.view);
    if (target === handle) inner.call(handle, status, client);
    else listener.hand(status, client);
  }
}

const IGNORE: OnConnection = () => {};

/**
 * No listener accepts connections to the peer's destination. A reset is the closest that an accepted connection can
 * come to ECONNREFUSED.
 */
function refuse(client: TcpHandle): void {
  if (client.reset() !== 0) client.close();
}
