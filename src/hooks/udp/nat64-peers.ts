import type { HookContext } from '../context';
import type { MappedState, UdpState } from './state';

interface Peer {
  readonly ipv4: string;
  readonly port: number;
  /** Connects the socket anew, by what is decided now. */
  readonly again: () => void;
}

/**
 * Connected sockets whose peer is beyond a NAT64. The program connects once, and the kernel keeps the address. If the
 * NAT64 has gone and another prefix is the first for the peer, such a socket moves there, as the next connect would.
 */
export class Nat64Peers {
  readonly #context: Pick<HookContext, 'translator' | 'prefixes'>;
  readonly #peers = new Map<UdpState | MappedState, Peer>();

  constructor(context: Pick<HookContext, 'translator' | 'prefixes'>) {
    this.#context = context;
    context.prefixes.onChange(() => this.#move());
  }

  /** The socket is connected to `to`, under a NAT64 prefix. */
  connected(state: UdpState | MappedState, to: string, peer: Peer): void {
    state.nat64Peer = to;
    this.#peers.set(state, peer);
  }

  /** The socket has no peer any more. */
  forget(state: UdpState | MappedState): void {
    state.nat64Peer = undefined;
    this.#peers.delete(state);
  }

  #move(): void {
    for (const [state, { ipv4, port, again }] of [...this.#peers]) {
      const { kind, step, address } = this.#decide(ipv4, port);
      if (kind === 'translate' && step === 'nat64' && address !== state.nat64Peer) again();
    }
  }

  #decide(ipv4: string, port: number): { readonly kind: string; readonly step: string; readonly address?: string } {
    return this.#context.translator.destination(ipv4, { port, protocol: 'udp' });
  }
}
