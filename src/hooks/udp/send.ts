import net from 'node:net';
import type { Decision } from '../../address/decision';
import { canonicalIPv6, isLoopbackIPv6 } from '../../address/ipv6';
import { BROADCAST } from '../../address/multicast';
import { nameOf } from '../../kernel/error-names';
import type { HookContext } from '../context';
import { sendChannel } from '../diagnostics';
import { isBlocked } from '../handle/block-lists';
import { asOverIPv4, errnoOf } from '../handle/errno';
import { ipv4Meant, ofOtherFamily } from '../handle/mapped-socket';
import { NO_WAY } from '../handle/network-errors';
import type { RealUdp } from '../handle/real-methods';
import { inContextOf } from '../handle/socket-context';
import type { Errno, SendRequest, UdpHandle } from '../node-internals';
import type { UdpPorts } from '../ports/udp-ports';
import { publish } from '../publish';
import type { AskedName } from './asked-name';
import type { ByRoute } from './by-route';
import { failedSend, isTooLong, type Refused, refuseBlocked, refuseSend, sentToNobody } from './failed-send';
import type { UdpGroups } from './groups';
import type { UdpParts } from './parts';
import {
  decide,
  familyOf,
  isIPv6Peer,
  isOpen,
  leavesLoopback,
  mayHaveHeard,
  noteAsked,
  noteSent,
  noteWritten,
  ownAddress,
} from './peers';
import { untilPrefix } from './prefix-wait';
import type { Seconds } from './second-sockets';
import type { MappedState, UdpState } from './state';
import { loseWayBack } from './way-back';

const { isIPv4, isIPv6 } = net;

/** A look-up may return anything as the address. Node's binding ends the process if it is not a string. */
const NO_ADDRESS = errnoOf('EINVAL');

/** `send` of UDP facades. */
export class Senders {
  readonly #context: HookContext;
  readonly #real: RealUdp;
  readonly #seconds: Seconds;
  readonly #groups: UdpGroups;
  readonly #ports: UdpPorts;
  readonly #byRoute: ByRoute;
  readonly #askedName: AskedName;
  readonly #parts: UdpParts;

  constructor(parts: UdpParts) {
    const { context, real, seconds, groups, ports, byRoute, askedName } = parts;
    this.#parts = parts;
    this.#context = context;
    this.#real = real;
    this.#seconds = seconds;
    this.#groups = groups;
    this.#ports = ports;
    this.#byRoute = byRoute;
    this.#askedName = askedName;
  }

  /** The send of a connected socket, which has no address argument. */
  sendConnected(
    state: UdpState | MappedState,
    req: SendRequest,
    list: unknown,
    count: number,
    hasCallback: boolean,
  ): Errno {
    return this.#byRoute.sendConnected(state, req, () => {
      const { handle, view } = state;
      if (state.nat64Peer !== undefined) this.#context.prefixes.sent(state.nat64Peer);
      if (state.peer !== undefined && isTooLong(list)) return errnoOf('EMSGSIZE');
      if (this.isRefused(state)) return sentToNobody(list);
      const half = view === 'ipv4' ? (state.connected ?? handle) : handle;
      const status = Reflect.apply(this.#real.send, half, [req, list, count, hasCallback]);
      return view === 'ipv4' ? asOverIPv4(status) : status;
    });
  }

  /**
   * Whether a connected socket sends to the loopback and no socket receives it. If so, it gets ECONNREFUSED, as
   * natively.
   */
  isRefused(state: UdpState | MappedState): boolean {
    const { handle, loopbackPeer } = state;
    if (loopbackPeer === undefined) return false;
    const { port, family, address } = loopbackPeer;
    if (!this.#ports.refuses(port, family, address)) return false;
    const report = () => {
      if (state.loopbackPeer === loopbackPeer)
        state.receive?.call(handle, errnoOf('ECONNREFUSED'), handle, undefined, undefined);
    };
    inContextOf(handle, () => setImmediate(report).unref());
    return true;
  }

  send(
    state: UdpState,
    req: SendRequest,
    list: unknown,
    count: number,
    port: number,
    address: string,
    hasCallback: boolean,
  ): Errno {
    if (typeof address !== 'string') return NO_ADDRESS;
    const { handle } = state;
    const { send, send6 } = this.#real;
    if (address !== state.lastIPv4) {
      if (state.hasLostPort) this.#seconds.bindAgain(state, handle);
      if (!isIPv4(address)) {
        if (!this.#mayAnswer(state, address)) return send.call(handle, req, list, count, port, address, hasCallback);
        const six = this.#seconds.of(state, 6);
        if (typeof six === 'number') return six;
        return send6.call(six, req, list, count, port, address, hasCallback);
      }
      state.lastIPv4 = address;
    }
    const { counters } = this.#context;
    const own = ownAddress(state, address);
    const decision = decide(this.#parts, state, own, port);
    publish(sendChannel, this.#context, handle, 'udp', address, port, decision);
    if (leavesLoopback(this.#context, state, decision)) return errnoOf('EINVAL');
    if (familyOf(state, address, decision) === 4) {
      const mayBeDenied = decision.kind === 'direct' && decision.step === 'route' && !state.exact;
      if (mayBeDenied && this.#byRoute.isDenied(state, address, port, req))
        return this.send(state, req, list, count, port, address, hasCallback);
      counters.sends.direct++;
      const four = state.family === 4 ? handle : this.#seconds.of(state, 4);
      if (typeof four === 'number') return four;
      if (four !== handle && state.exact) noteAsked(state, address);
      const status = send.call(four, req, list, count, port, address, hasCallback);
      return this.#byRoute.hasGone(decision, status, address, port)
        ? this.send(state, req, list, count, port, address, hasCallback)
        : status;
    }
    if (decision.kind === 'refuse' || decision.kind === 'wait')
      return this.#sendLater(state, decision, req, list, count, port, address);
    const six = state.family === 6 ? handle : this.#seconds.of(state, 6);
    if (typeof six === 'number') return six;
    const isGroup = decision.kind === 'direct' || decision.step === 'multicast';
    const to = isGroup ? this.#groups.destination(state, address) : decision.address;
    if (typeof to === 'number') return to;
    if (state.blockLists && isBlocked(state.blockLists.sendBlockList, { step: decision.step, address: to }))
      return refuseBlocked(req, address);
    if (isTooLong(list)) return errnoOf('EMSGSIZE');
    counters.sends.translated++;
    if (to === '::1' && decision.step === 'loopback' && this.#ports.refuses(port, 4, own)) return sentToNobody(list);
    if (to !== state.lastAsked && !isOpen(this.#context, state)) {
      noteAsked(state, canonicalIPv6(to));
      state.lastAsked = to;
    }
    this.#noteTranslated(state, six, decision, { to, port, ipv4: own });
    const status = send6.call(six, req, list, count, port, to, hasCallback);
    if (status < 0 && loseWayBack(state, decision, status, { ipv4: own, port }))
      return this.send(state, req, list, count, port, address, hasCallback);
    return status < 0 ? this.#failed(decision, status, req, address, port) : status;
  }

  /** A datagram is about to go to `to`. */
  #noteTranslated(
    state: UdpState | MappedState,
    six: UdpHandle,
    decision: Decision,
    peer: { readonly to: string; readonly port: number; readonly ipv4: string },
  ): void {
    if (decision.step === 'nat64') this.#context.prefixes.sent(peer.to);
    else noteSent(this.#context, this.#real, state, six, decision, peer);
  }

  #failed(decision: Decision, status: Errno, req: SendRequest, address: string, port: number): Errno {
    if (decision.kind === 'translate' && decision.step === 'nat64' && NO_WAY.has(nameOf(status)))
      this.#context.prefixes.failed(decision.address);
    return failedSend(this.#context, decision, status, req, address, port);
  }

  /** The program sees native IPv6 peers by their IPv6 address, and may reply to it. */
  #mayAnswer(state: UdpState, address: string): boolean {
    if (address === state.lastIPv6) return true;
    if (!isIPv6Peer(address) || !mayHaveHeard(this.#context, state, address)) return false;
    state.lastIPv6 = address;
    if (!isOpen(this.#context, state)) noteAsked(state, canonicalIPv6(address));
    return true;
  }

  /** `send` of a dual udp6 socket. */
  sendMapped(
    state: MappedState,
    req: SendRequest,
    list: unknown,
    count: number,
    port: number,
    address: string,
    hasCallback: boolean,
  ): Errno {
    const { send6 } = this.#real;
    if (typeof address !== 'string') return NO_ADDRESS;
    const { handle } = state;
    const refusal = this.#askedName.refusal(port);
    if (refusal) return refuseSend(this.#context, req, refusal);
    if (address === state.lastIPv6 || !isIPv6(address))
      return send6.call(handle, req, list, count, port, address, hasCallback);
    const { counters, translator } = this.#context;
    const meant = ipv4Meant(address, state.local !== undefined);
    if (meant === undefined) {
      if (state.local !== undefined) return ofOtherFamily(this.#context, address, port, 'udp');
      if (isLoopbackIPv6(address)) {
        if (this.#ports.refuses(port, 6, '::1')) return sentToNobody(list);
      } else {
        if (translator.embedded(address) !== undefined) noteWritten(state, address);
        state.lastIPv6 = address;
      }
      return send6.call(handle, req, list, count, port, address, hasCallback);
    }
    const ipv4 = ownAddress(state, meant);
    const decision = decide(this.#parts, state, ipv4, port);
    publish(sendChannel, this.#context, handle, 'udp', address, port, decision);
    if (decision.kind === 'refuse' || decision.kind === 'wait')
      return this.#sendLater(state, decision, req, list, count, port, address);
    if (decision.kind === 'direct') {
      const again = () => this.sendMapped(state, req, list, count, port, address, hasCallback);
      const mayBeDenied = decision.step === 'route' && state.local === undefined;
      if (mayBeDenied && this.#byRoute.isDenied(state, ipv4, port, req)) return again();
      counters.sends.direct++;
      const status = send6.call(handle, req, list, count, port, address, hasCallback);
      return mayBeDenied && this.#byRoute.hasGone(decision, status, ipv4, port) ? again() : status;
    }
    if (ipv4 === BROADCAST && !state.broadcast) return errnoOf('EACCES');
    if (isBlocked(state.blockLists?.sendBlockList, decision)) return refuseBlocked(req, address);
    if (isTooLong(list)) return errnoOf('EMSGSIZE');
    counters.sends.translated++;
    const isLoopback = decision.step === 'loopback' && decision.address === '::1';
    if (isLoopback && this.#ports.refuses(port, 4, ipv4)) return sentToNobody(list);
    this.#noteTranslated(state, handle, decision, { to: decision.address, port, ipv4 });
    const status = send6.call(handle, req, list, count, port, decision.address, hasCallback);
    if (status < 0 && loseWayBack(state, decision, status, { ipv4, port }))
      return this.sendMapped(state, req, list, count, port, address, hasCallback);
    return status < 0 ? this.#failed(decision, status, req, address, port) : status;
  }

  /** Handles a send that cannot happen now: it waits for the prefix, or fails with a cause. */
  #sendLater(
    state: UdpState | MappedState,
    decision: Refused,
    req: SendRequest,
    list: unknown,
    count: number,
    port: number,
    address: string,
  ): Errno {
    if (decision.kind === 'refuse') return refuseSend(this.#context, req, decision);
    const name = this.#askedName.now;
    const { handle } = state;
    state.waiting++;
    const send = () => {
      state.waiting--;
      const status = this.#askedName.as(name, () => handle.send(req, list, count, port, address, true));
      if (status < 0) req.oncomplete?.(status, 0);
      else if (status > 0) req.oncomplete?.(0, status - 1);
    };
    untilPrefix(this.#context, handle, send, () => setImmediate(() => req.oncomplete?.(errnoOf('ECANCELED'), 0)));
    return 0;
  }
}
