import type { Decision } from '../../address/decision';
import { keep } from '../../kept-callbacks';
import { nameOf } from '../../kernel/error-names';
import type { HookContext } from '../context';
import { NO_WAY } from '../handle/network-errors';
import type { RealUdp } from '../handle/real-methods';
import type { Errno, SendRequest } from '../node-internals';
import { DeniedRoutes } from './denied-route';
import type { Receivers } from './receive';
import type { MappedState, UdpState } from './state';

/** What sockets send by IPv4 routes, which may go, or which the network may deny. They then go on through the NAT64. */
export class ByRoute {
  readonly #context: HookContext;
  readonly #receivers: Receivers;
  readonly #denied: DeniedRoutes;
  /** Connected socket → connects it anew, by what is decided now. @returns whether this worked */
  readonly #peers = new Map<UdpState | MappedState, (address: string, port: number) => boolean>();

  constructor(context: HookContext, real: RealUdp, receivers: Receivers) {
    this.#context = context;
    this.#receivers = receivers;
    this.#denied = new DeniedRoutes(context, real);
    const { kernel } = context;
    kernel.evidence.onDenied(() => {
      for (const state of this.#peers.keys()) if (!kernel.hasRoute(state.routePeer?.address ?? '')) this.goOn(state);
    });
  }

  /** A datagram is about to go by a route. Whether the network denies this route, as is known only now. */
  isDenied(state: UdpState | MappedState, ipv4: string, port: number, req: SendRequest): boolean {
    const { kernel, translator } = this.#context;
    if (kernel.evidence.hasAnswered()) return false;
    this.#denied.sending(ipv4, req);
    this.#receivers.watch(state, this.#denied);
    return translator.destination(ipv4, { port, protocol: 'udp' }).kind !== 'direct';
  }

  /** Whether the route of a second ago has gone, so that the datagram must be sent another way. */
  hasGone({ kind, step }: Decision, status: Errno, ipv4: string, port: number): boolean {
    if (status >= 0 || kind !== 'direct' || step !== 'route' || !NO_WAY.has(nameOf(status))) return false;
    const { translator } = this.#context;
    translator.forgetRoutes();
    return translator.destination(ipv4, { port, protocol: 'udp' }).kind !== 'direct';
  }

  /** The peer of a connected socket is reached by a route. */
  connected(
    state: UdpState | MappedState,
    address: string,
    port: number,
    again: (address: string, port: number) => boolean,
  ): void {
    state.routePeer = { address, port };
    this.#peers.set(state, keep(again));
  }

  /** The peer is not reached by a route any more, or the socket is closed. */
  forget(state: UdpState | MappedState): void {
    state.routePeer = undefined;
    this.#peers.delete(state);
  }

  /** The route to the peer has gone, or the network denies it. @returns whether the socket is connected anew */
  goOn(state: UdpState | MappedState): boolean {
    const { routePeer } = state;
    const again = this.#peers.get(state);
    if (routePeer === undefined || again === undefined) return false;
    const { translator } = this.#context;
    translator.forgetRoutes();
    const { address, port } = routePeer;
    const decision = translator.destination(address, { port, protocol: 'udp' });
    if (decision.kind !== 'translate' || decision.step !== 'nat64') return false;
    this.forget(state);
    return again(address, port);
  }

  /** Sends a datagram of a connected socket with `send`, a second time if the route to the peer has gone. */
  sendConnected(state: UdpState | MappedState, req: SendRequest, send: () => Errno): Errno {
    const { routePeer } = state;
    if (routePeer === undefined) return send();
    // This may connect the socket anew, through the NAT64.
    this.isDenied(state, routePeer.address, routePeer.port, req);
    const status = send();
    const hasGone = status < 0 && state.routePeer !== undefined && NO_WAY.has(nameOf(status));
    return hasGone && this.goOn(state) ? send() : status;
  }
}
