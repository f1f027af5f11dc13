import { integerToIPv4, ipv4ToInteger } from '../../address/ipv4';

/**
 * On a host without 127.0.0.1 the IPv4 and the IPv6 loopback are one endpoint, ::1. Within this process they are told
 * apart by the local port of the side that meant IPv4: it is noted here, with the address that it has in its own eyes and
 * the one that it asked for.
 */
class Flows {
  readonly #source = new Map<number, number>();
  readonly #target = new Map<number, number>();

  /** A socket with local port `port` has the IPv4 loopback address `source` and speaks to `target`. */
  note(port: number, source: string, target: string): void {
    // Bounded by the number of ports.
    this.#source.set(port, ipv4ToInteger(source));
    this.#target.set(port, ipv4ToInteger(target));
  }

  /** A socket that means IPv6 has the port now. */
  forget(port: number): void {
    this.#source.delete(port);
    this.#target.delete(port);
  }

  /** The IPv4 loopback address of the local socket with that port, or undefined: it means IPv6, or is not of this process. */
  source(port: number | undefined): string | undefined {
    const value = port === undefined ? undefined : this.#source.get(port);
    return value === undefined ? undefined : integerToIPv4(value);
  }

  /** The IPv4 loopback address that the socket with that port asked for. */
  target(port: number | undefined): string | undefined {
    const value = port === undefined ? undefined : this.#target.get(port);
    return value === undefined ? undefined : integerToIPv4(value);
  }

  get isEmpty(): boolean {
    return this.#source.size === 0;
  }
}

/** A UDP port that two sockets of this process share is of both families: who reads IPv4 hears the IPv4 one, who reads IPv6 the other. */
class UdpFlows extends Flows {
  readonly #ambiguous = new Set<number>();

  setAmbiguous(port: number, is: boolean): void {
    if (is) this.#ambiguous.add(port);
    else this.#ambiguous.delete(port);
  }

  override source(port: number | undefined, reader?: 'ipv4' | 'mapped'): string | undefined {
    if (reader === 'mapped' && port !== undefined && this.#ambiguous.has(port)) return undefined;
    return super.source(port);
  }
}

/** TCP and UDP ports are numbered apart. */
export class LoopbackFlows extends Flows {
  readonly udp = new UdpFlows();
}
