import type { Decision } from '../../address/decision';
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
import { Recent } from './recent-addresses';
import { type MappedState, type UdpState, udp4Of } from './state';

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
    const own = isOwn ? (state.watcher ?? receive) : receiver;
    if (handle.onmessage !== own) handle.onmessage = own;
  }

  /**
   * Reports the first datagram over IPv4 to `routes`: it shows whether the route by which a datagram was sent works.
   */
  watch(state: UdpState | MappedState, routes: Pick<DeniedRoutes, 'heard'>): void {
    if (state.view === 'mapped') {
      state.routes = routes;
      return;
    }
    if (state.watcher || state.family === 6) return;
    setMethod(state, 'watcher', (nread, handle, buffer, rinfo) => {
      if (rinfo) {
        routes.heard(rinfo.address, true);
        state.watcher = undefined;
        this.steer(state);
      }
      state.receive?.call(handle, nread, handle, buffer, rinfo);
    });
    this.steer(state);
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
        if (state.connected === undefined) this.#noteWay(state, rinfo, address);
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

  /**
   * Records that a reply must go to the address from which the sender came, if a send to its IPv4 address would take
   * another way through the NAT64. If it would go over IPv4, or where a rule leads, the IPv4 address belongs to another
   * peer there, who might have the same port. The program must not take one for the other, so it sees the IPv6 address.
   */
  #noteWay(state: UdpState, rinfo: RemoteInfo, ipv6: string): void {
    const { address, port } = rinfo;
    // The pool has only one way. To ask for it would be a use of the address.
    if (this.#context.pool.find(ipv6) === address) return;
    const decision = this.#context.translator.destination(address, { port, protocol: 'udp' });
    // The program asked for this peer, by a name that a rule sends there.
    const isAsked = state.named?.get(`${ipv6} ${port}`) === address;
    if (!isAsked && leadsToAnother(decision, ipv6)) {
      rinfo.address = ipv6;
      rinfo.family = 'IPv6';
      return;
    }
    // A rule applies to the address, and the pool has only one way. A host address that the program was not shown has
    // only this way.
    const isUsual =
      (!isAsked && decision.step === 'rule') || (decision.kind === 'translate' && decision.address === ipv6);
    if (isUsual) state.came?.delete(`${address} ${port}`);
    else {
      state.came ??= new Recent();
      state.came.set(`${address} ${port}`, ipv6);
    }
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
        const to = ipv4.slice(MAPPED.length);
        context.prefixes.succeeded(address);
        context.kernel.evidence.answeredThroughNat64(to);
        const decision = context.translator.destination(to, { port: rinfo.port, protocol: 'udp' });
        // As in `#noteWay`.
        if (state.peer === undefined && leadsToAnother(decision, address)) rinfo.address = address;
      } else if (state.routes !== undefined && address.startsWith(MAPPED)) {
        // An IPv6 datagram may carry such a sender too, so this is no proof that a route works.
        state.routes.heard(address.slice(MAPPED.length), false);
        state.routes = undefined;
      }
      if (isBlockedToo(context, state, rinfo, address)) return;
      receive.call(handle, nread, self, buffer, rinfo);
    };
  }
}

/** Whether a reply to the IPv4 address would go to another host than `ipv6`: over IPv4, or where a rule leads. */
function leadsToAnother(decision: Decision, ipv6: string): boolean {
  const { kind, step } = decision;
  if (kind === 'direct') return step !== 'loopback';
  return kind === 'translate' && step === 'rule' && decision.address !== ipv6;
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
