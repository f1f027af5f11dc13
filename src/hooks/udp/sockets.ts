import net from 'node:net';
import { noSuchAddress } from '../../address/refusals';
import type { HookContext } from '../context';
import { bindChannel } from '../diagnostics';
import { errnoOf } from '../handle/errno';
import { HandleState } from '../handle/handle-state';
import { learnForPeers } from '../handle/learn-for-peers';
import { explainEmitted } from '../handle/next-error';
import { type RealUdp, realUdp } from '../handle/real-methods';
import { onCreated } from '../handle/socket-context';
import { socketName } from '../handle/socket-name';
import { type Errno, type UdpHandle, UV_IPV6ONLY, UV_UDP_REUSEADDR, UV_UDP_REUSEPORT } from '../node-internals';
import type { Endpoint } from '../ports/port-table';
import { UdpPorts } from '../ports/udp-ports';
import { warnNotReachable } from '../ports/warnings';
import { publish } from '../publish';
import { AskedName } from './asked-name';
import { ByRoute } from './by-route';
import { watchConnect } from './connect-lookup';
import { UdpGroups } from './groups';
import { HandleGroups } from './handle-groups';
import { KernelAddresses } from './kernel-addresses';
import { Nat64Peers } from './nat64-peers';
import type { UdpParts } from './parts';
import { Seconds } from './second-sockets';
import { Senders } from './send';
import { setState, stateOf, UdpState } from './state';
import { udp4Prototype } from './udp4';
import { SECOND_ANY, Udp6Sockets } from './udp6';
import { UnboundSockets } from './unbound';

const { isIPv4 } = net;

/** Decides which kernel sockets a udp4 socket of the program gets, and when. */
export class UdpSockets {
  readonly #context: HookContext;
  readonly real: RealUdp;
  readonly #ports: UdpPorts;
  readonly #seconds: Seconds;
  readonly #parts: UdpParts;
  readonly #addresses: KernelAddresses;
  readonly #udp4: UdpHandle;
  readonly #unbound: UnboundSockets;
  readonly #left = new HandleState<true>('left alone');
  readonly udp6: Udp6Sockets;
  readonly groups: HandleGroups;
  readonly askedName: AskedName;

  constructor(context: HookContext) {
    this.#context = context;
    const real = realUdp(context.classes.Udp.prototype);
    const ports = new UdpPorts(real, context);
    const seconds = new Seconds(context, real, ports);
    const groups = new UdpGroups(context, real, seconds, ports);
    const byRoute = new ByRoute(context, real, seconds.receivers);
    const nat64Peers = new Nat64Peers(context);
    const askedName = new AskedName(context);
    onCreated(context, (handle) => askedName.watch(handle));
    const parts: UdpParts = { context, real, ports, seconds, groups, byRoute, nat64Peers, askedName };
    const senders = new Senders(parts);
    this.real = real;
    this.askedName = askedName;
    this.#ports = ports;
    this.#seconds = seconds;
    this.#parts = parts;
    this.#addresses = new KernelAddresses(parts);
    this.#unbound = new UnboundSockets(parts);
    this.#udp4 = udp4Prototype(parts, senders);
    this.udp6 = new Udp6Sockets(parts, senders);
    this.groups = new HandleGroups(parts, this.#unbound, {
      ensure: (handle) => this.ensure(handle, UV_UDP_REUSEADDR),
      left: this.#left,
    });
  }

  /** `bind` of a udp4 handle. */
  bind(handle: UdpHandle, address: string, port: number, flags: number): Errno {
    // Node itself rejects an address that is not IPv4, and a handle that is already bound.
    const isOther = typeof address !== 'string' || !isIPv4(address) || (flags & UV_IPV6ONLY) !== 0;
    const state = stateOf(handle);
    if (isOther || this.#left.get(handle)) return this.real.bind.call(handle, address, port, flags);
    if (state?.view === 'ipv4' && state.family === 6)
      return this.#addresses.isOwn(address) ? errnoOf('EINVAL') : errnoOf('EADDRNOTAVAIL');
    if (state) return this.real.bind.call(handle, address, port, flags);
    const status = this.#bind(handle, address, port, flags);
    if (status === 0) {
      this.#unbound.bound(handle, stateOf(handle));
      if (port !== 0) learnForPeers(this.#context, address);
    } else this.#leaveUnbound(handle);
    return status;
  }

  /** Natively a socket whose bind failed is an AF_INET socket without an address. */
  #leaveUnbound(handle: UdpHandle): void {
    if (this.#hasSocket(handle)) return;
    this.#unbound.leave(handle, this.#context.translator.local('0.0.0.0', 'udp').kind === 'translate' ? 6 : 4);
  }

  #bind(handle: UdpHandle, address: string, port: number, flags: number): Errno {
    const { counters, classes, translator } = this.#context;
    const decision = translator.local(address, 'udp');
    publish(bindChannel, this.#context, handle, 'udp', address, port, decision);
    if (decision.kind === 'refuse' || decision.kind === 'wait') {
      counters.binds.refused++;
      if (decision.kind === 'refuse') explainEmitted(classes.ownerOf(handle), decision.cause);
      return errnoOf('EADDRNOTAVAIL');
    }
    // If the policy keeps 0.0.0.0 from IPv6, it stays on AF_INET even without an IPv4 address, if AF_INET exists.
    const isClosed = decision.step === 'any' && !translator.opensToIPv6();
    if (decision.kind === 'direct' || isClosed) {
      const status = this.#bindIPv4(handle, address, port, flags);
      if (decision.kind === 'direct' || status !== errnoOf('EAFNOSUPPORT')) {
        counters.binds.direct++;
        return status;
      }
    }
    counters.binds.translated++;
    return this.#bindIPv6(handle, address, port, flags, this.#addresses.translated(decision));
  }

  #bindIPv4(handle: UdpHandle, address: string, port: number, flags: number): Errno {
    const { real } = this;
    const at = this.#addresses.ofSecond(address);
    const endpoint = { address, kernelAddress: at ?? address, port, family: 4, v6only: true } as const;
    const failed = this.#try(handle, endpoint, flags, (one) => real.bind.call(one, address, port, flags));
    if (failed !== 0) return failed;
    if (at === undefined || !this.#context.translator.opensToIPv6()) {
      const status = real.bind.call(handle, address, port, flags);
      if (status === 0) this.#adopt(handle, 4, address, port, flags);
      // A socket on an ephemeral port is a client's, and only receives replies.
      if (status === 0 && at !== undefined && port !== 0) warnNotReachable(this.#context, 'UDP', port);
      return status;
    }
    const isForWorkers = this.#isForWorkers(handle);
    if (port !== 0) {
      if (!(flags & MAY_SHARE) && this.#ports.isTaken(endpoint)) return errnoOf('EADDRINUSE');
      const status = real.bind.call(handle, address, port, flags);
      if (status !== 0 || isForWorkers) return status;
      this.#seconds.open(this.#adopt(handle, 4, address, port, flags), at);
      return 0;
    }
    const { status, second } = this.#seconds.bindPair(handle, address, flags, at);
    if (status !== 0) return status;
    if (isForWorkers) {
      second?.close();
      return 0;
    }
    const state = this.#adopt(handle, 4, address, 0, flags);
    if (second) this.#seconds.take(state, second);
    return 0;
  }

  /** If there is no IPv4, or the address stands for an IPv6 address, the program's own handle becomes AF_INET6. */
  #bindIPv6(handle: UdpHandle, address: string, port: number, flags: number, kernelAddress: string): Errno {
    const endpoint = { address, kernelAddress, port, family: 4, v6only: true } as const;
    const { bind6 } = this.real;
    let status = this.#ports.isShared(endpoint)
      ? 0
      : this.#try(handle, endpoint, flags, (one) => bind6.call(one, kernelAddress, port, flags | UV_IPV6ONLY));
    if (status === 0) status = this.#ports.bind(handle, endpoint, flags | UV_IPV6ONLY);
    if (status === 0) {
      this.#adopt(handle, 6, address, port, flags);
    } else if (status === errnoOf('EADDRNOTAVAIL')) {
      explainEmitted(this.#context.classes.ownerOf(handle), noSuchAddress(address));
      return errnoOf('EADDRNOTAVAIL');
    }
    return status;
  }

  /**
   * A handle whose bind failed has a kernel socket of one family, and can no longer be bound to an address of the other. If
   * programs may bind addresses of both families, another handle tries first.
   */
  #try(handle: UdpHandle, endpoint: Endpoint, flags: number, bind: (one: UdpHandle) => Errno): Errno {
    // An ephemeral port of all addresses is always free.
    if (endpoint.port === 0 && endpoint.address === '0.0.0.0') return 0;
    if (this.#context.translator.hasGeneralRoute() || this.#hasSocket(handle)) return 0;
    const status = this.#addresses.tryOut(bind);
    if (status !== 0 || endpoint.port === 0 || (flags & MAY_SHARE) !== 0) return status;
    return this.#ports.isTaken(endpoint) ? errnoOf('EADDRINUSE') : 0;
  }

  /**
   * Gives a state to a handle on which an IPv4 method was called. If it is not bound yet, it is bound as libuv would
   * bind it. A handle from another process or a descriptor is recognized by its name in the kernel.
   * @returns whether it has a state, or the error of the bind
   */
  ensure(handle: UdpHandle, flags = 0): boolean | Errno {
    if (stateOf(handle)) return true;
    if (this.#left.get(handle)) return false;
    const { getsockname, getpeername } = this.real;
    if (!this.#hasSocket(handle)) {
      const status = this.bind(handle, '0.0.0.0', 0, flags);
      if (status !== 0) return status;
      if (stateOf(handle)) return true;
    }
    const { address = '0.0.0.0', port = 0, family } = socketName(handle, getsockname);
    const isConnected = socketName(handle, getpeername).port !== undefined;
    if (family === 'IPv6') {
      const local = address === '::' ? '0.0.0.0' : this.#context.translator.localToIPv4(address);
      this.#adopt(handle, 6, local, port, flags);
      return true;
    }
    const at = this.#addresses.ofSecond(address);
    const state = this.#adopt(handle, 4, address, port, flags);
    if (isConnected) state.connected = handle;
    else if (at !== undefined && state.open && port !== 0) this.#seconds.open(state, at);
    return true;
  }

  /** Records the endpoint to which the cluster's primary bound a handle. */
  noteBound(handle: UdpHandle, address: string, port: number, family: 4 | 6, flags: number): void {
    if (port !== 0) learnForPeers(this.#context, address);
    const endpoint = this.#addresses.endpointOf(address, port, family, flags);
    if (endpoint) {
      this.#ports.adopt(handle, endpoint);
      if (family === 4) this.#adopt(handle, 6, address, port, flags);
      else if (endpoint.address === '::' && !endpoint.v6only) this.udp6.adopt(handle, undefined);
      return;
    }
    this.#adopt(handle, 4, address, 0, flags);
  }

  /** The query for the second socket of a socket that is open to IPv6. All workers share this second socket. */
  secondOf(handle: UdpHandle): SecondQuery | undefined {
    const state = stateOf(handle);
    if (state?.view !== 'ipv4' || state.family === 6 || !state.open) return undefined;
    const { address, port, flags } = state;
    const at = this.#addresses.ofSecond(address) ?? '::';
    return { address: at === '::' ? SECOND_ANY : at, port, addressType: 'udp6', flags: flags | UV_IPV6ONLY };
  }

  /** The primary's answer to `secondOf`. */
  takeSecond(handle: UdpHandle, second: UdpHandle): void {
    const state = stateOf(handle);
    if (state?.view !== 'ipv4' || state.closed) {
      second.close();
      return;
    }
    const { address, port } = state;
    const kernelAddress = this.#addresses.ofSecond(address) ?? '::';
    this.#ports.adopt(second, { address, kernelAddress, port, family: 4, v6only: true });
    this.#seconds.take(state, second);
  }

  /** lib/dgram.js gives a handle from the cluster's primary the `send` of the handle that it replaces. */
  settle(handle: UdpHandle): void {
    if (stateOf(handle)?.view === 'ipv4') {
      handle.send = this.#udp4.send;
      watchConnect(this.#parts, handle);
    } else if (stateOf(handle)) handle.send = handle.send6;
  }

  /** A handle without an owner belongs to the cluster's primary, which uses it for its workers. */
  #isForWorkers(handle: UdpHandle): boolean {
    return this.#context.classes.ownerOf(handle) === undefined;
  }

  /** Whether a handle has a kernel socket. */
  #hasSocket(handle: UdpHandle): boolean {
    return socketName(handle, this.real.getsockname).port !== undefined;
  }

  /** Makes a handle a facade. `port` is 0 if only the kernel knows it. */
  #adopt(handle: UdpHandle, family: 4 | 6, address: string, port: number, flags: number): UdpState {
    const isOneOfTwo = family === 4 && this.#addresses.ofSecond(address) !== undefined;
    const exact = family === 4 ? !isOneOfTwo : address !== '0.0.0.0';
    const open = (family === 6 && exact) || (!exact && this.#context.translator.opensToIPv6());
    const at = { address, port: port || (socketName(handle, this.real.getsockname).port ?? 0), flags, open, exact };
    const state = new UdpState(handle, family, at);
    // The handle's own methods belong to a shared port, or notify the cluster's primary.
    if (Object.hasOwn(handle, 'close')) {
      state.leave = handle.close;
      handle.close = this.#udp4.close;
    }
    if (Object.hasOwn(handle, 'send')) handle.send = this.#udp4.send;
    setState(handle, state, this.#udp4);
    watchConnect(this.#parts, handle);
    return state;
  }
}

/** The flags with which the kernel lets several sockets have one port. */
const MAY_SHARE = UV_UDP_REUSEADDR | UV_UDP_REUSEPORT;

/** A worker's query to the cluster's primary: lib/internal/cluster/child.js. */
export interface SecondQuery {
  readonly address: string;
  readonly port: number;
  readonly addressType: 'udp6';
  readonly flags: number;
}
