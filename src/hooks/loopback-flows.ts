import { integerToIPv4, ipv4ToInteger } from '../address/ipv4';

const PORTS = 65_536;

/**
 * On a host without 127.0.0.1 the IPv4 and the IPv6 loopback are one endpoint, ::1. Within this process they are told
 * apart by the local port of the side that meant IPv4: it is noted here, with the address that it has in its own eyes and
 * the one that it asked for.
 */
class Flows {
  /** By port: an IPv4 address is never 0 here, which stands for none. As maps they would grow port by port. */
  readonly #source = new Uint32Array(PORTS);
  readonly #target = new Uint32Array(PORTS);
  #isEmpty = true;

  /** A socket with local port `port` has the IPv4 loopback address `source` and speaks to `target`. */
  note(port: number, source: string, target: string): void {
    this.#source[port] = ipv4ToInteger(source);
    this.#target[port] = ipv4ToInteger(target);
    this.#isEmpty = false;
  }

  /** A socket that means IPv6 has the port now. */
  forget(port: number): void {
    this.#source[port] = this.#target[port] = 0;
  }

  /** The IPv4 loopback address of the local socket with that port, or undefined: it means IPv6, or is not of this process. */
  source(port: number | undefined): string | undefined {
    return addressIn(this.#source, port);
  }

  /** The IPv4 loopback address that the socket with that port asked for. */
  target(port: number | undefined): string | undefined {
    return addressIn(this.#target, port);
  }

  /** Whether none was ever noted. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }
}

function addressIn(list: Uint32Array, port: number | undefined): string | undefined {
  const value = port === undefined ? 0 : list[port];
  return value ? integerToIPv4(value) : undefined;
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
