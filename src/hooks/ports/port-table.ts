import { kernelIPv6 } from '../../address/ipv6';
import { MAPPED } from '../../address/mapped';
import { UV_IPV6ONLY } from '../node-internals';

/** The address and port that a program asked for, and the address that is passed to the kernel instead. */
export interface Endpoint {
  /** As the program wrote it. */
  readonly address: string;
  readonly kernelAddress: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly v6only: boolean;
}

/** The endpoint of a socket that is IPv6 to the program too. */
export function ipv6Endpoint(text: string, port: number, flags: number): Endpoint {
  const address = kernelIPv6(text);
  return { address, kernelAddress: address, port, family: 6, v6only: (flags & UV_IPV6ONLY) !== 0 };
}

/** The address to which an AF_INET6 socket is bound. */
export interface KernelName {
  readonly address: string;
  readonly v6only: boolean;
}

/** A peer, and the destination that it asked for, if known. */
export interface Peer {
  /** The IPv4 destination that the peer asked for. Undefined for an IPv6 peer. */
  readonly ipv4: string | undefined;
  /** The local address in the kernel. Undefined for a datagram, which does not reveal it. */
  readonly kernelAddress: string | undefined;
  /**
   * Whether the peer's family is certain, not only derived from its address. If it is certain, no listener of the other
   * family accepts the peer.
   */
  readonly isCertain: boolean;
  /** Whether a wildcard IPv4 listener that also accepts IPv6 may accept this peer. */
  readonly mayWiden: boolean;
}

/** A socket of the program that has a port. */
export interface PortSocket {
  readonly endpoint: Endpoint;
  /** Whether it listens, or receives datagrams. */
  listening: boolean;
}

const ANY4 = '0.0.0.0';
const ANY6 = '::';
/** The address of an AF_INET6 socket that accepts IPv4 only. */
export const MAPPED_ANY = `${MAPPED}${ANY4}`;

/** Whether two endpoints with the same port collide on a dual-stack Linux host. */
export function collide(a: Endpoint, b: Endpoint): boolean {
  if (a.family === b.family) {
    const any = a.family === 4 ? ANY4 : ANY6;
    return a.address === b.address || a.address === any || b.address === any;
  }
  const six = a.family === 6 ? a : b;
  return six.address === ANY6 && !six.v6only;
}

/**
 * Whether the kernel cannot bind both, although a dual-stack host might. A socket that accepts IPv4 only does not
 * conflict with IPv6.
 */
export function overlap(a: Endpoint, b: Endpoint): boolean {
  if (a.kernelAddress === b.kernelAddress) return true;
  if (a.kernelAddress === MAPPED_ANY || b.kernelAddress === MAPPED_ANY) return false;
  return a.kernelAddress === ANY6 || b.kernelAddress === ANY6;
}

/** The kernel socket that overlapping sockets can share: no wider than the widest of them. */
export function commonSocket(endpoints: readonly Endpoint[]): KernelName {
  const wide = endpoints.filter((e) => e.kernelAddress === ANY6);
  if (wide.length > 0) return { address: ANY6, v6only: wide.every((e) => e.v6only) };
  return { address: endpoints[0]?.kernelAddress ?? ANY6, v6only: endpoints.every((e) => e.v6only) };
}

/** Divides sockets into groups. Each group needs one kernel socket. */
export function groupsOf<S extends { readonly endpoint: Endpoint }>(sockets: readonly S[]): S[][] {
  const groups: S[][] = [];
  for (const socket of sockets) {
    const near = groups.filter((group) => group.some((other) => overlap(other.endpoint, socket.endpoint)));
    for (const group of near) groups.splice(groups.indexOf(group), 1);
    groups.push([...near.flat(), socket]);
  }
  return groups;
}

/** Whether a kernel socket accepts everything that `endpoint` must accept. */
export function covers(name: KernelName, endpoint: Endpoint): boolean {
  if (name.address !== ANY6) return name.address === endpoint.kernelAddress;
  return endpoint.kernelAddress !== ANY6 || endpoint.v6only || !name.v6only;
}

/** Whether a kernel socket is no wider than `endpoint`. */
export function isWithin(name: KernelName, endpoint: Endpoint): boolean {
  return name.address === endpoint.kernelAddress && (name.address !== ANY6 || name.v6only || !endpoint.v6only);
}

export function isSame(a: KernelName, b: KernelName): boolean {
  return a.address === b.address && (a.address !== ANY6 || a.v6only === b.v6only);
}

/** Whether a listener that is alone on its port accepts every connection that its kernel socket accepts. */
export function hearsAll({ endpoint, listening }: PortSocket, name: KernelName, { translator }: Opens): boolean {
  if (!listening || !isWithin(name, endpoint)) return false;
  if (endpoint.family === 6 || name.address === '::1') return true;
  return endpoint.address === ANY4 ? translator.opensToIPv6() : !endpoint.address.startsWith('127.');
}

interface Opens {
  readonly translator: { opensToIPv6(): boolean };
}

/** Whether a listener would accept a connection to `address` on a dual-stack host. */
function hears({ endpoint }: PortSocket, family: 4 | 6, address: string): boolean {
  if (family === 6) return endpoint.family === 6 && (endpoint.address === ANY6 || endpoint.address === address);
  if (endpoint.family === 6) return endpoint.address === ANY6 && !endpoint.v6only;
  return endpoint.address === ANY4 || endpoint.address === address;
}

/**
 * The socket on one port that accepts `peer`: the most specific one of its family, and never one that the peer could
 * not reach natively.
 * @param chosen the one at which the kernel accepted it
 */
export function whoHears<S extends PortSocket>(all: readonly S[], peer: Peer, chosen?: S): S | undefined {
  const sockets = chosenFirst(all, chosen);
  const { ipv4, kernelAddress, isCertain } = peer;
  const find = (is: (endpoint: Endpoint) => boolean) => sockets.find((s) => s.listening && is(s.endpoint));
  const four = (address: string) => find((e) => e.family === 4 && e.address === address);
  const six = (address: string) => find((e) => e.family === 6 && e.address === address);
  const widened = () => (peer.mayWiden ? four(ANY4) : undefined);
  if (ipv4 !== undefined) {
    const own = four(ipv4) ?? widened() ?? find((e) => e.address === ANY6 && !e.v6only);
    // An IPv4-embedded peer did connect over IPv6, so natively an IPv6 socket would accept it.
    return own ?? (isCertain || kernelAddress === undefined ? undefined : (six(kernelAddress) ?? six(ANY6)));
  }
  const own = (kernelAddress === undefined ? undefined : six(kernelAddress)) ?? six(ANY6);
  if (own !== undefined || isCertain) return own;
  return find((e) => e.family === 4 && e.kernelAddress === kernelAddress) ?? widened();
}

/**
 * The socket on one port that receives a datagram, which the kernel delivered to a socket bound to `kernelAddress`. The
 * datagram was sent to this address, or, if this is the wildcard, to any address to which no other socket is bound.
 * @param isCertain whether the sender's family is certain, not only derived from its address
 * @param chosen the socket to which the kernel delivered it
 */
export function whoReceives<S extends PortSocket>(
  all: readonly S[],
  kernelAddress: string,
  isIPv4: boolean,
  isCertain: boolean,
  chosen?: S,
): S | undefined {
  const sockets = chosenFirst(all, chosen);
  const of = (family: 4 | 6) => {
    const at = (address: string) =>
      sockets.find((s) => s.listening && s.endpoint.family === family && s.endpoint.kernelAddress === address);
    return at(kernelAddress) ?? at(ANY6);
  };
  const six = of(6);
  if (!isIPv4) return six ?? (isCertain ? undefined : of(4));
  return of(4) ?? (isCertain && six?.endpoint.v6only !== false ? undefined : six);
}

/** The same sockets, first the one at which the kernel delivered: among equal ones it has chosen (SO_REUSEADDR, SO_REUSEPORT). */
function chosenFirst<S>(sockets: readonly S[], chosen: S | undefined): readonly S[] {
  return chosen === undefined ? sockets : [chosen, ...sockets.filter((other) => other !== chosen)];
}

/** The sockets of this process by port: the AF_INET6 ones, and virtual ones that share one. */
export class PortTable<S extends PortSocket> {
  readonly #ports = new Map<number, S[]>();

  at(port: number): readonly S[] {
    return this.#ports.get(port) ?? [];
  }

  add(socket: S): void {
    const { port } = socket.endpoint;
    this.#ports.set(port, [...this.at(port), socket]);
  }

  /** Returns whether the socket was in the table. */
  remove(socket: S): boolean {
    const { port } = socket.endpoint;
    const rest = this.at(port).filter((other) => other !== socket);
    const was = rest.length < this.at(port).length;
    if (rest.length > 0) this.#ports.set(port, rest);
    else this.#ports.delete(port);
    return was;
  }

  /**
   * Whether this process listens on the loopback at `port`, but no socket would accept what is sent to `address` on a
   * dual-stack host.
   */
  refuses(port: number, family: 4 | 6, address: string): boolean {
    const isLoopback = ({ kernelAddress }: Endpoint) => kernelAddress === '::1' || kernelAddress === ANY6;
    const listening = this.at(port).filter((s) => s.listening && isLoopback(s.endpoint));
    return listening.length > 0 && !listening.some((s) => hears(s, family, address));
  }

  /**
   * The sockets that a dual-stack host allows beside `endpoint` and this kernel does not. Undefined if one collides
   * natively.
   * @param mayCollide whether a socket may have the same address
   */
  beside(endpoint: Endpoint, mayCollide = (_other: S) => false): S[] | undefined {
    const all = endpoint.port === 0 ? [] : this.at(endpoint.port);
    if (all.some((other) => collide(other.endpoint, endpoint) && !mayCollide(other))) return undefined;
    return all.filter((other) => overlap(other.endpoint, endpoint));
  }
}
