import { isIPv6 } from 'node:net';
import type { Decision, Translated } from '../../address/decision';
import { isLoopbackIPv6 } from '../../address/ipv6';
import { MAPPED, mappedIPv4 } from '../../address/mapped';
import { nameOf } from '../../kernel/error-names';
import type { V6OnlyError } from '../../report/errors';
import type { HookContext } from '../context';
import { connectChannel } from '../diagnostics';
import { isBlockedFor } from '../handle/block-lists';
import { errnoOf } from '../handle/errno';
import { leavesHost } from '../handle/leaves-host';
import { ipv4Meant, ofOtherFamily } from '../handle/mapped-socket';
import { explainConnect, NO_WAY, reportBlocked } from '../handle/network-errors';
import { refusalOf } from '../handle/refused-name';
import { socketName } from '../handle/socket-name';
import type { View } from '../handle/view';
import type { ConnectRequest, Errno, TcpHandle } from '../node-internals';
import type { TcpPorts } from '../ports/tcp-ports';
import { publish } from '../publish';
import { TcpCompletions } from './completion';
import { type ByWays, TcpByWays } from './connect-by-ways';
import { completeLater, hold } from './connect-later';
import { type Facade, facade, type TcpFacades, UNKNOWN_ENDS } from './facade';
import { useWhileOpen } from './pool-use';
import type { Way } from './way';
import type { WaysConnect } from './ways';

const ANY = '0.0.0.0';

/** A decision that needs no waiting. */
type Decided = Exclude<Decision, { kind: 'wait' }>;

/** `connect` and `connect6` of the TCP handle. */
export class TcpConnects {
  readonly #context: HookContext;
  readonly #facades: TcpFacades;
  readonly #ports: TcpPorts;
  readonly #destinations = new WeakMap<Decision, Facade>();
  readonly #byWays: TcpByWays;
  readonly #completions: TcpCompletions;

  constructor(context: HookContext, facades: TcpFacades, ports: TcpPorts) {
    this.#context = context;
    this.#facades = facades;
    this.#ports = ports;
    this.#byWays = new TcpByWays(context, facades, (...shown) => this.#facadeFor(...shown));
    this.#completions = new TcpCompletions(context, facades, this.#byWays);
  }

  connect(handle: TcpHandle, req: ConnectRequest, address: string, port: number): Errno {
    const { translator } = this.#context;
    const owner = this.#context.classes.ownerOf(handle);
    const host = this.#context.hostOf(owner);
    const decision = translator.destination(address, { port, host, protocol: 'tcp' });
    if (decision.kind === 'wait') {
      this.#context.counters.connects.held++;
      return hold(this.#context, handle, req, () => this.connect(handle, req, address, port));
    }
    return this.#carryOut(handle, req, address, port, decision, 'ipv4');
  }

  /** An IPv4-mapped address in an IPv6 call is treated as its IPv4 address. */
  connect6(handle: TcpHandle, req: ConnectRequest, address: string, port: number): Errno {
    // A socket bound to an IPv4-mapped address is an IPv4 socket, as in the kernel.
    const isIPv4 = this.#facades.viewOf(handle) === 'mapped' && isIPv6(address);
    const ipv4 = ipv4Meant(address, isIPv4);
    if (ipv4 === undefined && isIPv4) return ofOtherFamily(this.#context, address, port, 'tcp');
    if (ipv4 === undefined) return this.#connectIPv6(handle, req, address, port);
    const decision = this.#context.translator.destination(ipv4, { port, host: undefined, protocol: 'tcp' });
    if (decision.kind === 'wait')
      return hold(this.#context, handle, req, () => this.connect6(handle, req, address, port));
    const isBound = this.#facades.ipv6AddressOf(handle) !== undefined;
    if (decision.kind === 'direct') {
      publish(connectChannel, this.#context, handle, 'tcp', ipv4, port, decision);
      this.#context.counters.connects.direct++;
      if (decision.step === 'route' && !isBound && !isIPv4)
        return this.#connectByRoute(handle, req, ipv4, port, 'mapped');
      return this.#facades.real.connect6.call(handle, req, address, port);
    }
    if (isBound) return errnoOf('ENETUNREACH');
    return this.#carryOut(handle, req, ipv4, port, decision, 'mapped');
  }

  #connectIPv6(handle: TcpHandle, req: ConnectRequest, address: string, port: number): Errno {
    const { policy, hostOf, classes } = this.#context;
    const host = policy.matchRule && hostOf(classes.ownerOf(handle));
    const refusal = refusalOf(this.#context, host, port, 'tcp');
    if (refusal) return this.#refuse(handle, refusal.errno, refusal.cause);
    // The program may give any text. `net.isIPv6` comes last, because it costs the most.
    const isLoopback = isLoopbackIPv6(address) && isIPv6(address);
    if (isLoopback && this.#ports.refuses(port, 6, '::1')) return completeLater(handle, req, 'ECONNREFUSED');
    const status = this.#facades.real.connect6.call(handle, req, address, port);
    if (status === 0 && !this.#context.flows.isEmpty && (isLoopback || req.localAddress)) {
      // From ::1 a socket also reaches the other addresses of this host.
      const local = socketName(handle, this.#facades.real.getsockname);
      if (isLoopback || isLoopbackIPv6(local.address ?? '')) this.#context.flows.forget(local.port ?? 0);
    }
    return status;
  }

  #carryOut(handle: TcpHandle, req: ConnectRequest, asked: string, port: number, decided: Decided, view: View): Errno {
    const { counters } = this.#context;
    const { address, decision } = this.#own(handle, asked, decided, port);
    const inet = this.#facades.inetAddressOf(handle);
    const several = this.#severalWays(handle, address, port, decision, inet);
    // With several ways, each is published when it is tried.
    if (several === undefined) publish(connectChannel, this.#context, handle, 'tcp', address, port, decision);
    const local = this.#facades.localAddressOf(handle);
    const source = local === undefined ? inet : (mappedIPv4(local) ?? local);
    if (source?.startsWith('127.') && leavesHost(this.#context, decision)) return errnoOf('EINVAL');
    if (decision.kind === 'refuse') {
      counters.connects.refused++;
      return this.#refuse(handle, decision.errno, decision.cause);
    }
    const bound = this.#facades.viewOf(handle) !== undefined;
    if (decision.kind === 'direct') {
      counters.connects.direct++;
      // Node's call, unchanged. Only a socket that is already bound as AF_INET6 needs the mapped form.
      if (bound) return this.#connectBound(handle, req, address, port, decision);
      if (several) return this.#begin(this.#byWays.connect(handle, req, address, port, several), inet);
      if (decision.step === 'route' && (inet ?? ANY) === ANY)
        return this.#connectByRoute(handle, req, address, port, view);
      return this.#facades.real.connect.call(handle, req, address, port);
    }
    // The socket is bound to an IPv4 address of this host, so it is AF_INET, and only the kernel knows whether the
    // connect works.
    if (inet !== undefined && inet !== ANY && decision.step !== 'rule') {
      // To the kernel a synthetic address would be the address of another host.
      if (decision.step === 'pool') return this.#refuse(handle, 'ENETUNREACH', undefined);
      return this.#facades.real.connect.call(handle, req, address, port);
    }
    if (isBlockedFor(this.#context.classes.ownerOf(handle), decision)) {
      reportBlocked(this.#context.classes.ownerOf(handle), req.address ?? address);
      return errnoOf('EACCES');
    }
    const isLoopback = decision.step === 'loopback' && decision.address === '::1';
    if (isLoopback && this.#ports.refuses(port, 4, address)) return completeLater(handle, req, 'ECONNREFUSED');
    counters.connects.translated++;
    if (several) return this.#begin(this.#byWays.connect(handle, req, address, port, { ...several, view }), inet);
    const status = this.#facades.real.connect6.call(handle, req, decision.address, port);
    const viaNat64 = decision.step === 'nat64';
    if (status !== 0) {
      // The error names the local address, which must be IPv4 for the program.
      if (!bound && view === 'ipv4') this.#facades.adopt(handle, UNKNOWN_ENDS.ipv4);
      if (viaNat64) this.#completions.explainFailure(handle, req, address, port, decision, status);
      return status;
    }
    if (viaNat64) this.#completions.watchTranslated(req);
    const peer = view === 'mapped' ? MAPPED + address : address;
    this.#facades.adopt(handle, this.#facadeFor(decision, view, peer, local));
    if (decision.step === 'pool') useWhileOpen(this.#context.pool, handle, address);
    // Also from a loopback address to an address of this host.
    if (isLoopback || source?.startsWith('127.'))
      this.#context.flows.note(this.#facades.localPort(handle), source ?? '127.0.0.1', address);
    return 0;
  }

  /** The kernel treats 0.0.0.0 as the address of this host to which the socket is bound, else as the loopback. */
  #own(
    handle: TcpHandle,
    address: string,
    decision: Decided,
    port: number,
  ): { readonly address: string; readonly decision: Decided } {
    if (address !== '0.0.0.0' || decision.kind !== 'translate' || decision.step !== 'loopback')
      return { address, decision };
    const local = this.#facades.localAddressOf(handle);
    if (local === undefined) return { address: '127.0.0.1', decision };
    const ipv4 = mappedIPv4(local) ?? local;
    const own = this.#context.translator.destination(ipv4, { port, protocol: 'tcp' });
    return { address: ipv4, decision: own.kind === 'wait' ? decision : own };
  }

  /** The route existed up to a second ago. If it has gone since, this connect goes where the next one will go. */
  #connectByRoute(handle: TcpHandle, req: ConnectRequest, address: string, port: number, view: View): Errno {
    const { oncomplete: inner } = req;
    const { real } = this.#facades;
    this.#completions.watchDirect(req);
    const status =
      view === 'ipv4'
        ? real.connect.call(handle, req, address, port)
        : real.connect6.call(handle, req, MAPPED + address, port);
    if (status === 0 && this.#context.kernel.evidence.isUnproven(address)) this.#byWays.begun({ handle, req, inner });
    const hasGone = status !== 0 && NO_WAY.has(nameOf(status));
    return hasGone && this.#byWays.goOnWithoutRoute({ handle, req, inner }, status) ? 0 : status;
  }

  /**
   * Undefined if there is only one way, or if several ways cannot be tried.
   * @param inet the address to which the program has bound the socket over IPv4
   */
  #severalWays(
    handle: TcpHandle,
    address: string,
    port: number,
    decision: Decided,
    inet: string | undefined,
  ): ByWays | undefined {
    // A handle without an owner cannot be replaced.
    const owner = this.#context.classes.ownerOf(handle);
    const bound = this.#facades.describe(handle);
    if (decision.kind === 'refuse' || owner === undefined || (bound && bound !== UNKNOWN_ENDS.ipv4)) return undefined;
    if (inet !== undefined && inet !== ANY && decision.step !== 'rule') return undefined;
    if (decision.kind === 'direct') {
      const isByClat = !bound && decision.step === 'route' && this.#context.kernel.isThroughClat(address);
      return isByClat ? this.#byWays.throughClat(owner, address, decision) : undefined;
    }
    const anew = inet === undefined ? undefined : { ways: [decision], delayMs: 0 };
    const several = this.#byWays.of(owner, address, port, decision) ?? anew;
    if (!several || isBlockedFor(owner, decision)) return undefined;
    if (decision.step === 'pool') useWhileOpen(this.#context.pool, handle, address);
    return several;
  }

  /** An AF_INET socket that the program bound cannot be used for every way. */
  #begin(connect: WaysConnect, inet: string | undefined): Errno {
    return inet === undefined ? connect.start() : connect.startAnew();
  }

  /**
   * Connects over IPv4 from an AF_INET6 socket. From a host address (RFC 7335) the kernel has no route to 127.0.0.1.
   * From the machine's own address on a dual-stack host it has one. Therefore such a connect is made without the local
   * address.
   */
  #connectBound(handle: TcpHandle, req: ConnectRequest, address: string, port: number, direct: Way): Errno {
    const local = this.#facades.localAddressOf(handle);
    const status = this.#facades.real.connect6.call(handle, req, direct.address, port);
    if (status === 0 || direct.step !== 'loopback' || local === undefined || req.localPort) return status;
    const by = { ways: [direct], delayMs: 0, local };
    return this.#byWays.connect(handle, req, address, port, by).startAnew();
  }

  #refuse(handle: TcpHandle, errno: string, cause: V6OnlyError | undefined): Errno {
    this.#facades.refuse(handle);
    if (cause) explainConnect(this.#context.classes.ownerOf(handle), cause);
    return errnoOf(errno);
  }

  /** Connections to one destination share a facade: objects of a connect survive it until the next full collection. */
  #facadeFor(decision: Translated, view: View, peer: string, local?: string): Facade {
    if (local !== undefined) return facade(view, peer, local, decision);
    let shown = this.#destinations.get(decision);
    if (shown?.view !== view || shown.peer !== peer) {
      shown = facade(view, peer, undefined, decision);
      this.#destinations.set(decision, shown);
    }
    return shown;
  }
}
