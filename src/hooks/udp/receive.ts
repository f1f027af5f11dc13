import { MAPPED } from '../../address/mapped';
import type { HookContext } from '../context';
import { blockListsOf, isBlockedSender } from '../handle/block-lists';
import { asOverIPv4 } from '../handle/errno';
import type { RealUdp } from '../handle/real-methods';
import { showPeer } from '../handle/view';
import type { Errno, OnMessage, RemoteInfo, UdpHandle } from '../node-internals';
import { isMember } from '../ports/peers';
import type { UdpPorts } from '../ports/udp-ports';
import { setMethod } from '../set-method';
import type { DeniedRoutes } from './denied-route';
import { isOpen, isOwnPeer } from './peers';
import { type MappedState, type UdpState, udp4Of } from './state';
import { noteIPv4, noteWay } from './way-back';

/** Receives the datagrams of both kernel sockets of a program's socket, and converts the sender's address to IPv4. */
export class Receivers {
  readonly #context: HookContext;
  readonly #ports: UdpPorts;
  readonly #real: RealUdp;

  constructor(context: HookContext, ports: UdpPorts, real: RealUdp) {
    this.#context = context;
    this.#ports = ports;
    this.#real = real;
  }

  /** The program starts to receive. */
  start(state: UdpState): Errno {
    const { handle, family, second } = state;
    if (handle.onmessage !== state.receiver && handle.onmessage !== state.watcher) state.receive = handle.onmessage;
    if (family === 6) state.receiver ??= this.#ports.receiver(handle, this.#six(state));
    else state.receiver = errorsOnly;
    state.receiving = true;
    state.blockLists = blockListsOf(this.#context, handle);
    this.steer(state);
    const status = family === 6 ? this.#ports.recvStart(handle) : this.#real.recvStart.call(handle);
    if (status === 0 && second) this.#start(state, second);
    return status;
  }

  /**
   * Natively the AF_INET socket delivers directly to the program. While the other socket is connected, it delivers
   * nothing.
   */
  steer(state: UdpState): void {
    const { handle, family, connected, receiver, receive } = state;
    if (!state.receiving) return;
    const isOwn = family === 4 && (connected === undefined || connected === handle);
    const isNoted = state.routes !== undefined || state.came !== undefined;
    if (isOwn && isNoted && state.watcher === undefined) setMethod(state, 'watcher', this.#watcher(state));
    const own = isOwn ? (isNoted ? state.watcher : receive) : receiver;
    if (handle.onmessage !== own) handle.onmessage = own;
  }

  /**
   * Reports the first datagram over IPv4 to `routes`: it shows whether the route by which a datagram was sent works.
   */
  watch(state: UdpState | MappedState, routes: Pick<DeniedRoutes, 'heard'>): void {
    if (state.routes !== undefined) return;
    state.routes = routes;
    if (state.view === 'ipv4') this.steer(state);
  }

  #watcher(state: UdpState): OnMessage {
    return (nread, handle, buffer, rinfo) => {
      if (rinfo) noteIPv4(state, { ipv4: rinfo.address, port: rinfo.port }, true);
      if (state.came === undefined) this.steer(state);
      state.receive?.call(handle, nread, handle, buffer, rinfo);
    };
  }

  stop(state: UdpState): Errno {
    const { handle, second } = state;
    state.receiving = false;
    if (second) this.#real.recvStop.call(second);
    return this.#real.recvStop.call(handle);
  }

  /** The second socket has been created. */
  attach(state: UdpState, second: UdpHandle): void {
    second.onmessage = state.family === 4 ? this.#ports.receiver(second, this.#six(state)) : this.#four(state, second);
    if (state.receiving) this.#start(state, second);
  }

  #start(state: UdpState, second: UdpHandle): void {
    if (state.family === 4) this.#ports.recvStart(second);
    else this.#real.recvStart.call(second);
  }

  #four(state: UdpState, four: UdpHandle): OnMessage {
    return (nread, _four, buffer, rinfo) => {
      if (!isFor(state, four, rinfo) || (rinfo && state.exact && state.asked?.get(rinfo.address) !== true)) return;
      if (rinfo) noteIPv4(state, { ipv4: rinfo.address, port: rinfo.port }, true);
      state.receive?.call(state.handle, nread, state.handle, buffer, rinfo);
    };
  }

  #six(state: UdpState): OnMessage {
    const { handle } = state;
    const context = this.#context;
    return (nread, _six, buffer, rinfo) => {
      const six = state.family === 6 ? handle : state.second;
      if (!isFor(state, six, rinfo)) return;
      if (!rinfo) {
        state.receive?.call(handle, nread < 0 ? asOverIPv4(nread) : nread, handle, buffer, rinfo);
        return;
      }
      const { address } = rinfo;
      // If an AF_INET6 socket is IPv6-only, a sender with an IPv4-mapped address is forged. A sender `::` cannot be
      // answered, because the kernel treats this address as the loopback.
      if (address.startsWith(MAPPED) || address === '::') return;
      if (!isOpen(context, state) && !this.#wasAsked(state, address)) return;
      showSender(context, state, rinfo);
      if (address === '::1' && isOfAnother(context, state, rinfo)) return;
      const ipv4 = rinfo.address;
      if (rinfo.family === 'IPv4') {
        // The sender appears as IPv4, so it came through a prefix, or does not concern the prefixes.
        context.prefixes.succeeded(address);
        context.kernel.evidence.answeredThroughNat64(ipv4);
        if (state.connected === undefined) {
          const { came } = state;
          if (!noteWay(context, state, { ipv4, port: rinfo.port }, address)) {
            rinfo.address = address;
            rinfo.family = 'IPv6';
          }
          if (state.came !== came) this.steer(state);
        }
      }
      if (isBlockedToo(context, state, rinfo, address)) return;
      state.receive?.call(handle, nread, handle, buffer, rinfo);
    };
  }

  /**
   * A socket that is not open to IPv6 receives from its peer, and from addresses to which it has sent (any neighbour may
   * answer a datagram to a group). One without IPv4, or that was open, also receives from this host.
   */
  #wasAsked(state: UdpState, address: string): boolean {
    if (state.connected !== undefined || state.asked?.get(address) === true) return true;
    if (state.askedGroup !== undefined && isMember(this.#context, state.askedGroup, address)) return true;
    return isOwnPeer(this.#context, state, address);
  }

  /** The receiver of a dual udp6 socket. */
  mapped(state: MappedState, receive: OnMessage): OnMessage {
    const context = this.#context;
    const { handle } = state;
    state.receive = receive;
    return (nread, self, buffer, rinfo) => {
      if (!rinfo) {
        receive.call(handle, asOverIPv4(nread), self, buffer, rinfo);
        return;
      }
      const { address } = rinfo;
      if (state.written?.get(address) !== true) showSender(context, state, rinfo);
      // Natively a socket that is bound to an IPv4-mapped address has only IPv4 peers.
      if (state.local !== undefined && rinfo.address === '::1') rinfo.address = `${MAPPED}127.0.0.1`;
      const ipv4 = rinfo.address;
      if (ipv4 !== address) {
        const peer = { ipv4: ipv4.slice(MAPPED.length), port: rinfo.port };
        context.prefixes.succeeded(address);
        context.kernel.evidence.answeredThroughNat64(peer.ipv4);
        if (state.peer === undefined && !noteWay(context, state, peer, address)) rinfo.address = address;
      } else if (address.startsWith(MAPPED))
        noteIPv4(state, { ipv4: address.slice(MAPPED.length), port: rinfo.port }, false);
      if (isBlockedToo(context, state, rinfo, address)) return;
      receive.call(handle, nread, self, buffer, rinfo);
    };
  }
}

/**
 * Whether a list contains the address of a sender that the program does not see: its IPv6 address, or the IPv4 one by
 * which programs know it. lib/dgram.js checks the one that the program sees.
 */
function isBlockedToo(
  { translator }: HookContext,
  { blockLists }: UdpState | MappedState,
  { address: shown }: RemoteInfo,
  ipv6: string,
): boolean {
  if (blockLists === undefined || ipv6 === '::1') return false;
  const ipv4 = shown === ipv6 ? translator.toIPv4(ipv6) : undefined;
  const other = ipv4 === undefined ? ipv6 : MAPPED + ipv4;
  return other !== shown && isBlockedSender(blockLists.receiveBlockList, other);
}

/** Replaces the program's receiver while the other socket is connected. The kernel then reports only errors. */
const errorsOnly: OnMessage = (nread, handle, buffer, rinfo) => {
  if (!rinfo) udp4Of(handle).receive?.call(handle, nread, handle, buffer, rinfo);
};

/** A connected socket receives only from its peer. */
function isFor(state: UdpState, half: UdpHandle | undefined, rinfo: RemoteInfo | undefined): boolean {
  return rinfo === undefined || state.connected === undefined || state.connected === half;
}

/**
 * Whether a socket that is connected to an address of 127.0.0.0/8 receives a datagram from another one. The kernel has ::1
 * for both.
 */
function isOfAnother({ flows }: HookContext, { loopbackPeer }: UdpState, { address, port }: RemoteInfo): boolean {
  return loopbackPeer?.family === 4 && loopbackPeer.address !== address && flows.udp.source(port, 'ipv4') === address;
}

function showSender(context: HookContext, state: UdpState | MappedState, rinfo: RemoteInfo): void {
  const { view, named } = state;
  if (rinfo.address === '::1') {
    const source = context.flows.udp.source(rinfo.port, view);
    if (source !== undefined) {
      rinfo.address = view === 'ipv4' ? source : MAPPED + source;
      if (view === 'ipv4') rinfo.family = 'IPv4';
      return;
    }
  }
  const name = named?.get(`${rinfo.address} ${rinfo.port}`);
  // Another program of this host may have answered a datagram to a group: nothing tells it from a forged sender.
  const usesGroups = state.view === 'ipv4' && state.askedGroup !== undefined;
  const known = view === 'ipv4' || name === undefined ? name : MAPPED + name;
  showPeer(context, view, rinfo, known, usesGroups);
}
