import { integerToIPv4, ipv4ToInteger } from '../address/ipv4';

const PORTS = 65_536;

/**
 * On a host without 127.0.0.1 the IPv4 and the IPv6 loopback are the same endpoint, ::1. Within this process the local
 * port distinguishes them: for each port of an IPv4 socket, this class records the loopback address that the program
 * sees as local, and the one that it asked for.
 */
class Flows {
  /**
   * Indexed by port. 0 means "none", and is never a loopback address. Arrays do not grow port by port, as maps would. They
   * exist from the first flow on: on most hosts there is none.
   */
  #source: Uint32Array | undefined;
  #target: Uint32Array | undefined;

  /** A socket with local port `port` has the IPv4 loopback address `source` and its peer is `target`. */
  note(port: number, source: string, target: string): void {
    this.#source ??= new Uint32Array(PORTS);
    this.#target ??= new Uint32Array(PORTS);
    this.#source[port] = ipv4ToInteger(source);
    this.#target[port] = ipv4ToInteger(target);
  }

  /** An IPv6 socket now has this port. */
  forget(port: number): void {
    if (this.#source) this.#source[port] = 0;
    if (this.#target) this.#target[port] = 0;
  }

  /**
   * The IPv4 loopback address of the local socket with this port. Undefined if the socket is IPv6, or belongs to
   * another process.
   */
  source(port: number | undefined): string | undefined {
    return addressIn(this.#source, port);
  }

  /** The IPv4 loopback address to which the socket with this port is connected. */
  target(port: number | undefined): string | undefined {
    return addressIn(this.#target, port);
  }

  /** Whether no flow was ever recorded. */
  get isEmpty(): boolean {
    return this.#source === undefined;
  }
}

function addressIn(list: Uint32Array | undefined, port: number | undefined): string | undefined {
  const value = port === undefined ? 0 : list?.[port];
  return value ? integerToIPv4(value) : undefined;
}

/**
 * A UDP port may belong to an IPv4 and an IPv6 socket of this process. An IPv4 receiver then sees the IPv4 one, an IPv6
 * receiver the IPv6 one.
 */
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

/** TCP and UDP have separate port numbers. */
export class LoopbackFlows extends Flows {
  readonly udp = new UdpFlows();
  /**
   * The UDP ports from which this process has sent to an address of this host, or to a group, which the host hears too.
   * Anybody can forge a datagram from the host's own IPv6 address (over IPv4 the kernel drops it), so one from another
   * port is not taken for this host's.
   */
  readonly ownSenders = new Set<number>();
}
