import net from 'node:net';
import { connectChannel } from '../diagnostics';
import { isBlocked } from '../handle/block-lists';
import { errnoOf } from '../handle/errno';
import type { Errno, UdpHandle } from '../node-internals';
import { publish } from '../publish';
import { explainConnect, refuseConnect } from './failed-send';
import type { UdpParts } from './parts';
import { decide, familyOf, isIPv6Peer, leavesLoopback, mayHaveHeard, noteSent, ownAddress } from './peers';
import { forgetPeer, type UdpState } from './state';
import { loseWayBack } from './way-back';

const { isIPv4 } = net;

/**
 * `connect` and `disconnect` of a udp4 socket. One of its two kernel sockets is connected, and the other then receives
 * nothing.
 */
export class Connections {
  readonly #parts: UdpParts;

  constructor(parts: UdpParts) {
    this.#parts = parts;
  }

  connect(state: UdpState, address: string, port: number): Errno {
    const { context, real, seconds } = this.#parts;
    const { handle } = state;
    if (state.hasLostPort) seconds.bindAgain(state, handle);
    if (typeof address === 'string' && isIPv4(address)) return this.#connectIPv4(state, address, port);
    if (typeof address === 'string' && isIPv6Peer(address) && mayHaveHeard(context, state, address))
      return this.#by(state, 6, address, port, undefined);
    return real.connect.call(handle, address, port);
  }

  disconnect(state: UdpState): Errno {
    const { real, seconds, byRoute, nat64Peers } = this.#parts;
    const { connected, handle } = state;
    const status = real.disconnect.call(connected ?? handle);
    if (status !== 0) return status;
    // The kernel releases an ephemeral port on disconnect. Both sockets must keep theirs.
    if (connected !== undefined && connected === state.second) seconds.bindAgain(state, connected);
    seconds.noteDisconnected(state);
    state.connected = undefined;
    nat64Peers.forget(state);
    forgetPeer(state);
    byRoute.forget(state);
    seconds.receivers.steer(state);
    return 0;
  }

  /** Connects the socket anew, by what is decided now. @returns whether this worked */
  #again(state: UdpState, address: string, port: number): boolean {
    const { connected } = state;
    if (connected === undefined || state.closed) return false;
    // The AF_INET socket may lose its port by this, as by a disconnect of the program.
    this.#parts.real.disconnect.call(connected);
    state.connected = undefined;
    if (this.#connectIPv4(state, address, port) === 0) return true;
    this.#by(state, 4, address, port, undefined);
    return false;
  }

  #connectIPv4(state: UdpState, address: string, port: number): Errno {
    const { context, real, groups, byRoute, nat64Peers } = this.#parts;
    const { pool } = context;
    const { handle } = state;
    const peer = ownAddress(state, address);
    const decision = decide(this.#parts, state, peer, port);
    publish(connectChannel, context, handle, 'udp', address, port, decision);
    if (leavesLoopback(context, state, decision)) return errnoOf('EINVAL');
    if (familyOf(state, address, decision) === 4) {
      const direct = this.#by(state, 4, address, port, undefined);
      if (direct === 0 && decision.step === 'route' && !state.exact)
        byRoute.connected(state, address, port, (...peer) => this.#again(state, ...peer));
      return direct;
    }
    if (decision.kind === 'refuse' || decision.kind === 'wait')
      return refuseConnect(context, handle, decision, address);
    const isGroup = decision.kind === 'direct' || decision.step === 'multicast';
    const to = isGroup ? groups.destination(state, address) : decision.address;
    if (typeof to === 'number') return to;
    if (isBlocked(state.blockLists?.sendBlockList, { step: decision.step, address: to })) return errnoOf('EACCES');
    const status = this.#by(state, 6, to, port, peer);
    if (status !== 0 && loseWayBack(state, decision, status, { ipv4: peer, port }))
      return this.#connectIPv4(state, address, port);
    if (status !== 0) {
      explainConnect(context, handle, decision, status, address, port);
      return status;
    }
    noteSent(context, real, state, state.connected as UdpHandle, decision, { to, port, ipv4: peer });
    if (to === '::1' && decision.step === 'loopback') state.loopbackPeer = { family: 4, address: peer, port };
    if (decision.step === 'nat64')
      nat64Peers.connected(state, to, { ipv4: address, port, again: () => this.#move(state, address, port, to) });
    if (decision.step === 'pool') state.endUse = pool.use(address);
    return 0;
  }

  /** Another NAT64 is right for the peer now. Without success the socket stays connected as it was. */
  #move(state: UdpState, address: string, port: number, before: string): void {
    if (state.closed || this.disconnect(state) !== 0 || this.connect(state, address, port) === 0) return;
    this.#by(state, 6, before, port, address);
  }

  #by(state: UdpState, family: 4 | 6, address: string, port: number, peer: string | undefined): Errno {
    const { real, seconds } = this.#parts;
    const half = seconds.of(state, family);
    if (typeof half === 'number') return half;
    const connect = family === 4 ? real.connect : real.connect6;
    const status = connect.call(half, address, port);
    if (status !== 0) return status;
    state.connected = half;
    state.peer = peer;
    seconds.receivers.steer(state);
    return 0;
  }
}
