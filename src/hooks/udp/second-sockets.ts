import type { HookContext } from '../context';
import { errnoOf } from '../handle/errno';
import type { RealUdp } from '../handle/real-methods';
import { otherHandleOf } from '../handle/socket-context';
import { emptyName, socketName } from '../handle/socket-name';
import { type Errno, type UdpHandle, UV_IPV6ONLY } from '../node-internals';
import type { UdpPorts } from '../ports/udp-ports';
import { warnIPv4Only } from '../ports/warnings';
import { Receivers } from './receive';
import { forgetPeer, isOnLoopback, type OptionMethod, type UdpState } from './state';

/** An ephemeral port that is free in one family is nearly always free in the other. */
const PAIR_ATTEMPTS = 16;

/**
 * The second socket of a udp4 socket. The kernel delivers a forged IPv6 datagram from `::ffff:127.0.0.1` to a dual
 * AF_INET6 socket as if it had come over IPv4, so no socket here is dual. The AF_INET socket carries IPv4 only. One
 * with IPV6_V6ONLY on the same port carries the traffic for which the host has no IPv4. It is created when it is first
 * needed, and if this fails, only that datagram fails.
 */
export class Seconds {
  readonly #context: HookContext;
  readonly #real: RealUdp;
  readonly #ports: UdpPorts;
  readonly receivers: Receivers;

  constructor(context: HookContext, real: RealUdp, ports: UdpPorts) {
    this.#context = context;
    this.#real = real;
    this.#ports = ports;
    this.receivers = new Receivers(context, ports, real);
  }

  /** The socket of the given family, created if necessary. An error if it cannot be created. */
  of(state: UdpState, family: 4 | 6): UdpHandle | Errno {
    if (state.family === family) return state.handle;
    if (state.second) return state.second;
    if (state.closed) return errnoOf('EBADF');
    const port = openPort(state);
    let second = this.#create(state, family, port);
    // Another socket has the port in this family, so datagrams leave from another port, and replies come back to it.
    if (second === errnoOf('EADDRINUSE') && port !== 0) second = this.#create(state, family, 0);
    if (typeof second !== 'number') this.take(state, second);
    return second;
  }

  /**
   * Creates the AF_INET6 socket of a socket that is open to IPv6, at the address `at` and the port of its AF_INET
   * socket.
   */
  open(state: UdpState, at: string): void {
    const second = this.#create(state, 6, state.port, at);
    if (typeof second !== 'number') this.take(state, second);
    else if (second === errnoOf('EADDRINUSE')) warnIPv4Only(state, this.#context.policy.log);
  }

  /** Binds both sockets to one ephemeral port. Returns no second socket if only the first can be created. */
  bindPair(handle: UdpHandle, address: string, flags: number, at: string): { status: Errno; second?: UdpHandle } {
    for (let attempt = 0; attempt < PAIR_ATTEMPTS; attempt++) {
      const second = otherHandleOf(handle, this.#context);
      const endpoint = { address, kernelAddress: at, port: 0, family: 4, v6only: true } as const;
      const failed = this.#ports.bind(second, endpoint, flags | UV_IPV6ONLY) !== 0;
      const { port } = failed ? emptyName() : socketName(second, this.#real.getsockname);
      if (port === undefined) {
        second.close();
        break;
      }
      const status = this.#real.bind.call(handle, address, port, flags);
      if (status === 0) return { status, second };
      second.close();
      // Another error, such as a missing descriptor. The first socket has precedence.
      if (status !== errnoOf('EADDRINUSE')) break;
    }
    return { status: this.#real.bind.call(handle, address, 0, flags) };
  }

  /** Binds one of the two sockets again if it has lost its port. */
  bindAgain(state: UdpState, half: UdpHandle): void {
    state.hasLostPort = false;
    if (this.#hasPort(half)) return;
    if (half === state.handle) this.#ports.bindAgain(half);
    else if (state.family === 4)
      this.#real.bind6.call(half, placeOf(state, 6), openPort(state), state.flags | UV_IPV6ONLY);
    else this.#real.bind.call(half, placeOf(state, 4), openPort(state), state.flags);
  }

  /** Records whether the program's handle has lost its port. Natively it has none until it sends or connects again. */
  noteDisconnected(state: UdpState): void {
    state.hasLostPort = state.family === 6 && !this.#hasPort(state.handle);
    state.lastIPv4 = undefined;
    state.lastIPv6 = undefined;
    state.isOwnSender = false;
  }

  #hasPort(half: UdpHandle): boolean {
    return socketName(half, this.#real.getsockname).port !== 0;
  }

  /** Makes `second` the second socket of `state`, with all options that the program has set so far. */
  take(state: UdpState, second: UdpHandle): void {
    state.second = second;
    for (const [method, value] of state.options ?? []) this.#real[method].call(second, value);
    for (const [isReceive, size] of state.bufferSizes ?? []) this.#real.bufferSize.call(second, size, isReceive, {});
    if (!this.#real.hasRef.call(state.handle)) second.unref();
    this.receivers.attach(state, second);
  }

  /** Sets an option on both sockets. The program gets the result of its own. */
  set(state: UdpState, method: OptionMethod, value: number): Errno {
    const status = this.#real[method].call(state.handle, value);
    if (status !== 0) return status;
    state.options ??= new Map();
    state.options.set(method, value);
    if (state.second) this.#real[method].call(state.second, value);
    return 0;
  }

  bufferSize(state: UdpState, size: number, isReceive: boolean, context: object): number | undefined {
    const { bufferSize } = this.#real;
    const result = bufferSize.call(state.handle, size, isReceive, context);
    if (result === undefined || size === 0) return result;
    state.bufferSizes ??= new Map();
    state.bufferSizes.set(isReceive, size);
    if (state.second) bufferSize.call(state.second, size, isReceive, {});
    return result;
  }

  close(state: UdpState): void {
    const { second } = state;
    state.closed = true;
    forgetPeer(state);
    state.second = undefined;
    second?.close();
  }

  /** A socket at this port. An error if it cannot be bound. */
  #create(state: UdpState, family: 4 | 6, port: number, at = placeOf(state, family)): UdpHandle | Errno {
    const second = otherHandleOf(state.handle, this.#context);
    const status = this.#bind(second, family, state, port, at);
    if (status === 0) return second;
    this.#real.close.call(second);
    return status;
  }

  #bind(second: UdpHandle, family: 4 | 6, state: UdpState, port: number, at: string): Errno {
    const flags = port === 0 ? 0 : state.flags;
    if (family === 4) return this.#real.bind.call(second, at, port, flags);
    const endpoint = { address: state.address, kernelAddress: at, port, family: 4, v6only: true } as const;
    return this.#ports.bind(second, endpoint, flags | UV_IPV6ONLY);
  }
}

/** The address of the second socket. No other host may reach it if the program bound its socket to the loopback. */
function placeOf(state: UdpState, family: 4 | 6): string {
  if (isOnLoopback(state)) return family === 4 ? state.address : '::1';
  return family === 4 ? '0.0.0.0' : '::';
}

/** A socket that is bound to one address has no right to the same port on all other addresses. */
function openPort(state: UdpState): number {
  return state.exact ? 0 : state.port;
}
