import net from 'node:net';
import type { Decision } from '../../address/decision';
import { noSuchAddress } from '../../address/refusals';
import type { HookContext } from '../context';
import { bindChannel } from '../diagnostics';
import { errnoOf } from '../handle/errno';
import { HandleState } from '../handle/handle-state';
import { explainEmitted } from '../handle/network-errors';
import { warnNotReachable } from '../handle/not-reachable';
import { type RealUdp, realMethods } from '../handle/real-udp';
import { type Errno, type SocketName, type UdpHandle, UV_IPV6ONLY, UV_UDP_REUSEADDR } from '../node-internals';
import type { Endpoint } from '../ports/port-table';
import { UdpPorts } from '../ports/udp-ports';
import { Connections } from './connect';
import { isMulticast, UdpGroups } from './groups';
import { Seconds } from './second-sockets';
import { Senders } from './send';
import { type BoundTo, setState, stateOf, UdpState } from './state';
import { udp4Prototype, unboundPrototype } from './udp4';
import { SECOND_ANY, Udp6Sockets } from './udp6';

const { isIPv4 } = net;

/** Decides which kernel sockets a udp4 socket of the program gets, and when. */
export class UdpSockets {
  readonly #context: HookContext;
  readonly real: RealUdp;
  readonly #ports: UdpPorts;
  readonly #seconds: Seconds;
  readonly #senders: Senders;
  readonly #groups: UdpGroups;
  readonly #udp4: UdpHandle;
  readonly #unbound: UdpHandle;
  readonly #left = new HandleState<true>('left alone');
  readonly udp6: Udp6Sockets;

  constructor(context: HookContext) {
    this.#context = context;
    const real = realMethods(context.classes.Udp.prototype);
    const ports = new UdpPorts(real, context);
    const seconds = new Seconds(context, real, ports);
    const groups = new UdpGroups(context, real, seconds, ports);
    const senders = new Senders(context, real, seconds, groups, ports);
    const connections = new Connections(context, real, seconds, groups);
    this.real = real;
    this.#ports = ports;
    this.#seconds = seconds;
    this.#senders = senders;
    this.#groups = groups;
    this.#unbound = unboundPrototype(context.classes.Udp.prototype);
    this.#udp4 = udp4Prototype({ context, real, seconds, senders, groups, connections });
    this.udp6 = new Udp6Sockets({ context, real, ports, receivers: seconds.receivers, senders });
  }

  /** `bind` of a udp4 handle. */
  bind(handle: UdpHandle, address: string, port: number, flags: number): Errno {
    // Node itself rejects an address that is not IPv4, and a handle that is already bound.
    if (typeof address !== 'string' || !isIPv4(address) || stateOf(handle) || this.#left.get(handle))
      return this.real.bind.call(handle, address, port, flags);
    const status = this.#bind(handle, address, port, flags);
    if (status !== 0) this.#leaveUnbound(handle, address, status);
    return status;
  }

  /** Natively a socket whose bind failed is an AF_INET socket without an address, on which options can be set. */
  #leaveUnbound(handle: UdpHandle, address: string, status: Errno): void {
    const name: SocketName = {};
    const isMade = this.real.getsockname.call(handle, name) === 0;
    if (isMade && name.family === 'IPv4') return;
    // libuv creates the socket even if the bind fails, and a bind to a link-local address without a zone always fails.
    if (!isMade && !this.#context.kernel.hasIPv4Sockets()) this.real.bind6.call(handle, 'fe80::', 0, 0);
    else if (!isMade && status === errnoOf('EADDRNOTAVAIL')) this.real.bind.call(handle, address, 0, 0);
    Object.setPrototypeOf(handle, this.#unbound);
  }

  #bind(handle: UdpHandle, address: string, port: number, flags: number): Errno {
    const { counters, classes, translator } = this.#context;
    const decision = translator.local(address, 'udp');
    const owner = classes.ownerOf(handle);
    if (bindChannel.hasSubscribers)
      bindChannel.publish({ protocol: 'udp', address, port, host: undefined, decision, owner });
    if (decision.kind === 'refuse' || decision.kind === 'wait') {
      counters.binds.refused++;
      if (decision.kind === 'refuse') explainEmitted(owner, decision.cause);
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
    return this.#bindIPv6(handle, address, port, flags, this.#kernelAddress(decision));
  }

  #bindIPv4(handle: UdpHandle, address: string, port: number, flags: number): Errno {
    const { real } = this;
    const at = this.#secondAddress(address);
    const exact = at === undefined;
    const open = at !== undefined && this.#context.translator.opensToIPv6();
    if (!open) {
      const status = real.bind.call(handle, address, port, flags);
      if (status === 0) this.#adopt(handle, 4, { address, port: port || this.#portOf(handle), flags, open, exact });
      // A socket on an ephemeral port is a client's, and only receives replies.
      if (status === 0 && !exact && port !== 0) warnNotReachable(this.#context);
      return status;
    }
    const isForWorkers = this.#isForWorkers(handle);
    if (port !== 0) {
      const endpoint = { address, kernelAddress: at, port, family: 4, v6only: true } as const;
      if (!(flags & UV_UDP_REUSEADDR) && this.#ports.isTaken(endpoint)) return errnoOf('EADDRINUSE');
      const status = real.bind.call(handle, address, port, flags);
      if (status !== 0 || isForWorkers) return status;
      this.#seconds.open(this.#adopt(handle, 4, { address, port, flags, open, exact }), at, true);
      return 0;
    }
    const { status, second } = this.#seconds.bindPair(handle, address, flags, at);
    if (status !== 0) return status;
    if (isForWorkers) {
      second?.close();
      return 0;
    }
    const state = this.#adopt(handle, 4, { address, port: this.#portOf(handle), flags, open, exact });
    if (second) this.#seconds.take(state, second);
    return 0;
  }

  /** If there is no IPv4, or the address stands for an IPv6 address, the program's own handle becomes AF_INET6. */
  #bindIPv6(handle: UdpHandle, address: string, port: number, flags: number, kernelAddress: string): Errno {
    if (flags & UV_IPV6ONLY) return errnoOf('EINVAL'); // libuv's error for an AF_INET socket
    const endpoint = { address, kernelAddress, port, family: 4, v6only: true } as const;
    let status = this.#try(endpoint, flags);
    if (status === 0) status = this.#ports.bind(handle, endpoint, flags | UV_IPV6ONLY);
    if (status === 0) {
      this.#adoptIPv6(handle, address, port || this.#portOf(handle), flags);
    } else if (status === errnoOf('EADDRNOTAVAIL')) {
      explainEmitted(this.#context.classes.ownerOf(handle), noSuchAddress(address));
      return errnoOf('EADDRNOTAVAIL');
    }
    return status;
  }

  /** A handle whose bind to IPv6 failed cannot be bound to IPv4 afterwards, so another handle tries first. */
  #try(endpoint: Endpoint, flags: number): Errno {
    if (!this.#context.kernel.hasIPv4Sockets() || this.#ports.isShared(endpoint)) return 0;
    const handle = new this.#context.classes.Udp();
    const status = this.real.bind6.call(handle, endpoint.kernelAddress, endpoint.port, flags | UV_IPV6ONLY);
    this.real.close.call(handle);
    return status;
  }

  /**
   * Gives a state to a handle on which an IPv4 method was called. If it is not bound yet, it is bound as libuv would
   * bind it. A handle from another process or a descriptor is recognized by its name in the kernel.
   */
  ensure(handle: UdpHandle, flags = 0): boolean {
    if (stateOf(handle)) return true;
    if (this.#left.get(handle)) return false;
    const name: SocketName = {};
    const { real } = this;
    if (real.getsockname.call(handle, name) !== 0) {
      if (this.bind(handle, '0.0.0.0', 0, flags) !== 0) return false;
      if (stateOf(handle)) return true;
      real.getsockname.call(handle, name);
    }
    const { address = '0.0.0.0', port = 0 } = name;
    const isConnected = real.getpeername.call(handle, {}) === 0;
    if (name.family === 'IPv6') {
      const local = address === '::' ? '0.0.0.0' : this.#context.translator.localToIPv4(address);
      this.#adoptIPv6(handle, local, port, flags);
      return true;
    }
    const at = this.#secondAddress(address);
    const open = at !== undefined && this.#context.translator.opensToIPv6();
    const state = this.#adopt(handle, 4, { address, port, flags, open, exact: at === undefined });
    if (isConnected) state.connected = handle;
    else if (open && port !== 0) this.#seconds.open(state, at, true);
    return true;
  }

  /** If an unbound socket joins an IPv6 group, libuv makes it an AF_INET6 socket. v6only then leaves it unchanged. */
  leaveIfIPv6(handle: UdpHandle): void {
    const name: SocketName = {};
    const isNamed = stateOf(handle) === undefined && this.real.getsockname.call(handle, name) === 0;
    if (isNamed && name.family === 'IPv6' && name.port !== 0) this.#left.set(handle, true);
  }

  /** Records the endpoint to which the cluster's primary bound a handle. */
  noteBound(handle: UdpHandle, address: string, port: number, family: 4 | 6, flags: number): void {
    const endpoint = this.#endpointOf(address, port, family, flags);
    if (endpoint) {
      this.#ports.adopt(handle, endpoint);
      if (family === 4) this.#adoptIPv6(handle, address, port, flags);
      else if (address === '::' && !endpoint.v6only) this.udp6.adopt(handle, undefined);
      return;
    }
    const exact = this.#secondAddress(address) === undefined;
    const open = !exact && this.#context.translator.opensToIPv6();
    this.#adopt(handle, 4, { address, port: this.#portOf(handle), flags, open, exact });
  }

  /** The query for the second socket of a socket that is open to IPv6. All workers share this second socket. */
  secondOf(handle: UdpHandle): SecondQuery | undefined {
    const state = stateOf(handle);
    if (state?.view !== 'ipv4' || state.family === 6 || !state.open) return undefined;
    const { address, port, flags } = state;
    const at = this.#secondAddress(address) ?? '::';
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
    const kernelAddress = this.#secondAddress(address) ?? '::';
    this.#ports.adopt(second, { address, kernelAddress, port, family: 4, v6only: true });
    this.#seconds.take(state, second);
  }

  /** lib/dgram.js gives a handle from the cluster's primary the `send` of the handle that it replaces. */
  settle(handle: UdpHandle): void {
    if (stateOf(handle)?.view === 'ipv4') {
      handle.send = this.#udp4.send;
      this.#senders.watchLookup(handle);
    } else if (stateOf(handle)) handle.send = handle.send6;
  }

  /** Undefined if the address stays on IPv4. */
  #endpointOf(address: string, port: number, family: 4 | 6, flags: number): Endpoint | undefined {
    if (family === 6) return { address, kernelAddress: address, port, family, v6only: (flags & UV_IPV6ONLY) !== 0 };
    if (!isIPv4(address)) return undefined;
    const decision = this.#context.translator.local(address, 'udp');
    if (decision.kind !== 'translate') return undefined;
    return { address, kernelAddress: this.#kernelAddress(decision), port, family, v6only: true };
  }

  #kernelAddress({ step, address }: Extract<Decision, { kind: 'translate' }>): string {
    return step === 'multicast' ? this.#groups.bindAddress(address) : address;
  }

  /** The address of the second socket, for a socket on all addresses or on a group. Else undefined. */
  #secondAddress(address: string): string | undefined {
    if (address === '0.0.0.0') return '::';
    return isMulticast(address) ? this.#groups.bindAddress(this.#context.translator.group(address)) : undefined;
  }

  /** A handle without an owner belongs to the cluster's primary, which uses it for its workers. */
  #isForWorkers(handle: UdpHandle): boolean {
    return this.#context.classes.ownerOf(handle) === undefined;
  }

  #portOf(handle: UdpHandle): number {
    const name: SocketName = {};
    this.real.getsockname.call(handle, name);
    return name.port ?? 0;
  }

  #adoptIPv6(handle: UdpHandle, address: string, port: number, flags: number): void {
    const exact = address !== '0.0.0.0';
    const open = exact || this.#context.translator.opensToIPv6();
    this.#adopt(handle, 6, { address, port, flags, open, exact });
  }

  #adopt(handle: UdpHandle, family: 4 | 6, at: BoundTo): UdpState {
    const state = new UdpState(handle, family, at);
    // The handle's own methods belong to a shared port, or notify the cluster's primary.
    if (Object.hasOwn(handle, 'close')) {
      state.leave = handle.close;
      handle.close = this.#udp4.close;
    }
    if (Object.hasOwn(handle, 'send')) handle.send = this.#udp4.send;
    setState(handle, state, this.#udp4);
    this.#senders.watchLookup(handle);
    return state;
  }
}

/** A worker's query to the cluster's primary: lib/internal/cluster/child.js. */
export interface SecondQuery {
  readonly address: string;
  readonly port: number;
  readonly addressType: 'udp6';
  readonly flags: number;
}
