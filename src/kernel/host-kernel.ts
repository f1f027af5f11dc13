import os from 'node:os';
import type { InterfaceAddress } from '../address/host-addresses';
import { type IPv4Range, ipv4ToInteger, isOnLink, networkOf, parseIPv4Range } from '../address/ipv4';
import { isInNetworks, isLinkLocal, parseIPv6 } from '../address/ipv6';
import { ANSWER_LIFETIME_MS, GENERAL_DESTINATION, type Kernel } from '../address/kernel';
import { monotonicMs } from '../address/monotonic-clock';
import { ALL_HOSTS, BROADCAST } from '../address/multicast';
import { isShortage } from '../report/out-of-resources';
import { isInnerBridge } from './bridges';
import { nameOf } from './error-names';
import { interfacesOf } from './interfaces';
import { localNetworks, ownNetworks } from './own-networks';
import { PORT, Probe, type ProbeHandle, type ProbeHandleClass } from './probe';
import { Remembered } from './remembered';
import { RouteEvidence } from './route-evidence';
import { ownRoutes, routingTable } from './routing-table';

/** How many answers about routes are remembered. The last one stays valid if a new one cannot be obtained. */
const MAX_ROUTES = 16_384;

/** The kernel's errors without a route: no route at all, an unreachable, blackhole or prohibit route, no AF_INET. */
const NO_ROUTE = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EINVAL', 'EACCES', 'EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/**
 * Asks the kernel about the host, and is the only part that does: whether it has an IPv4 route (a `connect` of a
 * temporary AF_INET UDP socket, which sends nothing), which addresses it has, and who can reach it. IPv4-mapped addresses
 * cannot answer this: with net.ipv6.bindv6only=1 the kernel refuses them on a healthy dual-stack host.
 */
export class HostKernel implements Kernel {
  readonly #probe: Probe;
  readonly #networkInterfaces = os.networkInterfaces;
  readonly #routes = new Map<string, { answer: boolean; untilMs: number }>();
  readonly #interfaces = new Remembered(() => interfacesOf(this.#networkInterfaces), {});
  readonly #neighbours = new Remembered(() => this.#lookForNeighbours(), true);
  readonly #ownRoutes = new Remembered(ownRoutes, []);
  readonly #ownIPv6 = new Remembered<ReadonlySet<string>>(() => new Set(this.interfaces().map(nameOfPeer)), new Set());
  readonly #localIPv6Networks = new Remembered(localNetworks, []);
  readonly #ownIPv6Networks = new Remembered(() => ownNetworks(this.#interfaces.get()), []);
  readonly #generalSource = new Remembered(() => this.routeSource(GENERAL_DESTINATION), undefined);
  readonly #hasClat = new Remembered(
    () => this.ipv4Interfaces().some(({ address }) => isIn(address, CLAT_ADDRESSES)),
    false,
  );
  /** Whether there is `::1`. */
  readonly #hasLoopback = new Remembered(
    () => this.#probe.once((handle) => isBound(this.#probe.real.bind6.call(handle, '::1', 0, 0)), false),
    false,
  );
  #hasInet: boolean | undefined;
  /** What the network has shown of these routes. */
  readonly evidence = new RouteEvidence({
    table: () => this.#table(),
    isOnLink: (ipv4) => this.#isOnLink(ipv4),
  });

  /** `Udp` and `os` must not be patched yet. */
  constructor(Udp: ProbeHandleClass) {
    this.#probe = new Probe(Udp);
  }

  hasRoute(ipv4: string, source?: string): boolean {
    if (!this.#hasIPv6()) return true;
    return !this.evidence.isDenied(ipv4) && this.#route(ipv4, source);
  }

  hasGeneralRoute(): boolean {
    return this.hasRoute(GENERAL_DESTINATION);
  }

  routeSource(ipv4: string): string | undefined {
    return this.#sourceOf(ipv4 === BROADCAST ? ALL_HOSTS : ipv4) || undefined;
  }

  generalSource(): string | undefined {
    return this.#generalSource.get();
  }

  routedNetworks(): readonly IPv4Range[] {
    return this.#ownRoutes.get();
  }

  hasOwnRoute(ipv4: string): boolean {
    if (this.routedNetworks().some((network) => isIn(ipv4, network))) return true;
    if (!this.#route(ipv4, undefined)) return false;
    return !this.#route(GENERAL_DESTINATION, undefined) || this.routeSource(ipv4) !== this.generalSource();
  }

  isThroughClat(ipv4: string): boolean {
    if (!this.#hasClat.get()) return false;
    const source = this.routeSource(ipv4);
    return source !== undefined && isIn(source, CLAT_ADDRESSES);
  }

  hasAddress(ipv4: string): boolean {
    if (this.ipv4Interfaces().some(({ address }) => address === ipv4)) return true;
    // AnyIP: a whole network may be local although no interface lists it. From a local address the kernel sends to itself.
    // Whether it can be bound would not show this: with net.ipv4.ip_nonlocal_bind any address can.
    if (ipv4 === BROADCAST) return this.#canBind(ipv4);
    if (this.#withDirectedBroadcast(ipv4)) return true;
    const source = this.#sourceOf(ipv4);
    // Without an answer assume so, as natively: the program's own call meets the lack.
    return source === undefined || source === ipv4;
  }

  hasIPv4Sockets(): boolean {
    if (!this.#hasIPv6()) return true;
    if (this.ipv4Interfaces().length === 0 && !(this.#isUnlisted() && this.#canBind('127.0.0.1'))) return false;
    if (this.#hasInet === undefined) {
      const status = this.#probe.once((handle) => this.#probe.real.bind.call(handle, '0.0.0.0', 0, 0), 0);
      if (status !== 0 && isShortage(nameOf(status))) return true;
      this.#hasInet = nameOf(status) !== 'EAFNOSUPPORT';
    }
    return this.#hasInet;
  }

  hasIPv4Neighbours(): boolean {
    return this.#neighbours.get();
  }

  interfaces(): readonly InterfaceAddress[] {
    return this.#addresses('IPv6');
  }

  hasIPv6Address(address: string): boolean {
    return this.#ownIPv6.get().has(address);
  }

  isLocalByRoute(address: string): boolean {
    return isInNetworks(parseIPv6(address), this.#localIPv6Networks.get());
  }

  isIPv6Neighbour(address: string): boolean {
    return isInNetworks(parseIPv6(address), this.#ownIPv6Networks.get());
  }

  ipv4Interfaces(): readonly (InterfaceAddress & { readonly cidr: string })[] {
    return this.#addresses('IPv4');
  }

  forgetRoutes(): void {
    this.#routes.clear();
  }

  /**
   * A text that changes with addresses and routes: IPv4 addresses, and Linux's routing table or the source of the
   * general route. Undefined if it cannot be read (no descriptor, --permission).
   */
  #table(): string | undefined {
    const addresses = this.ipv4Interfaces().map(({ interfaceName, cidr }) => `${interfaceName} ${cidr}`);
    const table = routingTable();
    const routes = table === '' ? this.#sourceOf(GENERAL_DESTINATION) : table;
    return routes === undefined ? undefined : [...addresses, routes].join('\n');
  }

  /** The address from which `ipv4` is reached. Empty without a route, undefined if the kernel gives no answer. */
  #sourceOf(ipv4: string): string | undefined {
    const ask = (status: number, handle: ProbeHandle) => {
      const out = { __proto__: null } as { address?: string };
      // Without SO_BROADCAST.
      if (status !== 0 && nameOf(status) === 'EACCES') return this.#withDirectedBroadcast(ipv4)?.address ?? '';
      if (isShortage(nameOf(status))) return undefined;
      if (status === 0) this.#probe.real.getsockname.call(handle, out);
      return out.address ?? '';
    };
    return this.#probe.connected(ipv4, ask, '');
  }

  #isOnLink(ipv4: string): boolean {
    return isOnLink(ipv4ToInteger(ipv4), this.ipv4Interfaces());
  }

  #route(ipv4: string, source: string | undefined): boolean {
    const key = source === undefined ? ipv4 : `${ipv4} ${source}`;
    const now = monotonicMs();
    const known = this.#routes.get(key);
    if (known !== undefined && known.untilMs > now) return known.answer;
    const answer = this.#askForRoute(ipv4, source);
    // If the kernel gives no answer, the last one stays valid, then the last one for the general route. Else assume a
    // route, as natively.
    if (answer === undefined)
      return known?.answer ?? (this.#isOnLink(ipv4) || (this.#routes.get(GENERAL_DESTINATION)?.answer ?? true));
    if (this.#routes.size >= MAX_ROUTES) this.#routes.clear();
    this.#routes.set(key, { answer, untilMs: now + ANSWER_LIFETIME_MS });
    return answer;
  }

  #askForRoute(ipv4: string, source: string | undefined): boolean | undefined {
    const status =
      source === undefined
        ? this.#probe.connected(ipv4, (connected) => connected, 0)
        : this.#probe.once((handle) => {
            const bound = this.#probe.real.bind.call(handle, source, 0, 0);
            return bound === 0 ? this.#probe.real.connect.call(handle, ipv4, PORT) : bound;
          }, 0);
    if (status === 0) return true;
    const name = nameOf(status);
    if (isShortage(name)) return undefined;
    // Without SO_BROADCAST, a directed broadcast gives EACCES too.
    if (name === 'EACCES' && this.#withDirectedBroadcast(ipv4)) return true;
    // The program's own call must meet any other error, such as EPERM of a firewall.
    return !NO_ROUTE.has(name);
  }

  #withDirectedBroadcast(ipv4: string): InterfaceAddress | undefined {
    const value = ipv4ToInteger(ipv4);
    return this.ipv4Interfaces().find(({ cidr }) => networkOf(cidr).last === value);
  }

  /** Without IPv6 in the kernel nothing can be translated, so everything stays unchanged. */
  #hasIPv6(): boolean {
    const lists = Object.values(this.#interfaces.get());
    if (lists.some((list) => list?.some(({ family }) => family === 'IPv6'))) return true;
    return this.#isUnlisted() && this.#hasLoopback.get();
  }

  /** Whether the list of addresses says nothing: other code has replaced the function that makes it. */
  #isUnlisted(): boolean {
    return !Object.values(this.#interfaces.get()).some((list) => list?.length);
  }

  #canBind(ipv4: string): boolean {
    // Without an answer assume so, as natively: the program's own call meets the lack.
    return this.#probe.once((handle) => isBound(this.#probe.real.bind.call(handle, ipv4, 0, 0)), false) ?? true;
  }

  #addresses(wanted: 'IPv4' | 'IPv6'): (InterfaceAddress & { readonly cidr: string })[] {
    return Object.entries(this.#interfaces.get()).flatMap(([interfaceName, list = []]) =>
      list
        .filter(({ family }) => family === wanted)
        .map(({ address, internal, cidr }) => ({ interfaceName, address, internal, cidr: cidr ?? `${address}/32` })),
    );
  }

  #lookForNeighbours(): boolean | undefined {
    if (!this.#hasIPv6()) return true;
    // Other machines could be in any network to which there is a route.
    if (this.#isUnlisted())
      return this.hasGeneralRoute() || this.routedNetworks().some((network) => !isIn('127.0.0.1', network));
    for (const { interfaceName, address, internal } of this.ipv4Interfaces()) {
      if (internal || NOT_FOR_NEIGHBOURS.some((network) => isIn(address, network))) continue;
      const inner = isInnerBridge(interfaceName);
      if (inner !== true) return inner === false ? true : undefined;
    }
    return false;
  }
}

/** Whether a bind succeeded. Undefined if no socket could be made. */
function isBound(status: number): boolean | undefined {
  return isShortage(nameOf(status)) ? undefined : status === 0;
}

/** An address of this host as that of a peer: a link-local one has its zone. */
function nameOfPeer({ address, interfaceName }: InterfaceAddress): string {
  return isLinkLocal(address) ? `${address}%${interfaceName}` : address;
}

/** RFC 7335. */
const CLAT_ADDRESSES: IPv4Range = parseIPv4Range('192.0.0.0/29');
/** Link-local addresses (an IPv6 pod of EKS has one for outgoing connections) and those of a CLAT. */
const NOT_FOR_NEIGHBOURS: readonly IPv4Range[] = [parseIPv4Range('169.254.0.0/16'), CLAT_ADDRESSES];

function isIn(ipv4: string, { first, last }: IPv4Range): boolean {
  const value = ipv4ToInteger(ipv4);
  return value >= first && value <= last;
}
