import { isIPv6 } from 'node:net';
import type { Decision } from '../../address/decision';
import { isAnyIPv6, isLoopbackIPv6 } from '../../address/ipv6';
import { MAPPED, mappedIPv4 } from '../../address/mapped';
import type { V6OnlyError } from '../../errors';
import type { HookContext } from '../context';
import { connectChannel } from '../diagnostics';
import type { TcpPorts } from '../ports/tcp-ports';
import { blockedError, isBlockedFor } from './block-lists';
import { explainConnect, replaceError } from './cause';
import { ClatWatch } from './clat';
import { errnoOf } from './errno';
import { completeLater, hold } from './hold';
import type { ConnectRequest, Errno, OnComplete, TcpHandle } from './internals';
import { useWhileOpen } from './pool-use';
import { TcpCompletions } from './tcp-completion';
import { type Facade, facade, type TcpFacades, UNKNOWN_ENDS } from './tcp-facade';
import { type Way, WaysConnect, type WaysRequest } from './tcp-ways';
import type { View } from './view';

type Translated = Extract<Decision, { kind: 'translate' }>;

/** RFC 8305 §5: the connection attempt delay between addresses that are alike. */
const PREFIX_DELAY_MS = 250;
/** For how long a CLAT alone is asked. */
const CLAT_DELAY_MS = 1000;

/** `connect` and `connect6` of the TCP handle. */
export class TcpConnects {
  readonly #context: HookContext;
  readonly #facades: TcpFacades;
  readonly #ports: TcpPorts;
  readonly #destinations = new WeakMap<Decision, Facade>();
  readonly #clat: ClatWatch;
  readonly #completions: TcpCompletions;

  constructor(context: HookContext, facades: TcpFacades, ports: TcpPorts) {
    this.#context = context;
    this.#facades = facades;
    this.#ports = ports;
    this.#clat = new ClatWatch(context.kernel);
    this.#completions = new TcpCompletions(context, facades, (...asked) => this.#goOnByNat64(...asked));
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
    if (connectChannel.hasSubscribers)
      connectChannel.publish({ protocol: 'tcp', address, port, host, decision, owner });
    return this.#carryOut(handle, req, address, port, decision, 'ipv4');
  }

  /** An IPv4-mapped address in an IPv6 call is the IPv4 address that it is. */
  connect6(handle: TcpHandle, req: ConnectRequest, address: string, port: number): Errno {
    if (!isIPv6(address)) return this.#facades.real.connect6.call(handle, req, address, port);
    // Bound to an IPv4-mapped address it is an IPv4 socket, as the kernel has it.
    const isIPv4 = this.#facades.viewOf(handle) === 'mapped';
    const ipv4 = mappedIPv4(address) ?? (isIPv4 && isAnyIPv6(address) ? '0.0.0.0' : undefined);
    if (ipv4 === undefined) return isIPv4 ? errnoOf('EAFNOSUPPORT') : this.#connectIPv6(handle, req, address, port);
    const decision = this.#context.translator.destination(ipv4, { port, host: undefined, protocol: 'tcp' });
    if (decision.kind === 'wait')
      return hold(this.#context, handle, req, () => this.connect6(handle, req, address, port));
    if (decision.kind === 'direct') return this.#facades.real.connect6.call(handle, req, address, port);
    if (this.#facades.ipv6AddressOf(handle) !== undefined) return errnoOf('ENETUNREACH');
    return this.#carryOut(handle, req, ipv4, port, decision, 'mapped');
  }

  #connectIPv6(handle: TcpHandle, req: ConnectRequest, address: string, port: number): Errno {
    const isLoopback = isLoopbackIPv6(address);
    if (isLoopback && this.#ports.refuses(port, 6, '::1')) return completeLater(handle, req, 'ECONNREFUSED');
    const status = this.#facades.real.connect6.call(handle, req, address, port);
    if (status === 0 && isLoopback && !this.#context.flows.isEmpty)
      this.#context.flows.forget(this.#facades.localPort(handle));
    return status;
  }

  #carryOut(
    handle: TcpHandle,
    req: ConnectRequest,
    asked: string,
    port: number,
    decided: Exclude<Decision, { kind: 'wait' }>,
    view: View,
  ): Errno {
    const { counters } = this.#context;
    const { address, decision } = this.#own(handle, asked, decided, port);
    if (decision.kind === 'refuse') {
      counters.connects.refused++;
      return this.#refuse(handle, req, address, decision.errno, decision.cause);
    }
    const bound = this.#facades.viewOf(handle) !== undefined;
    if (decision.kind === 'direct') {
      counters.connects.direct++;
      // The original call, byte for byte; only a socket that is bound as AF_INET6 already needs the mapped form.
      if (bound) return this.#connectBound(handle, req, address, port, decision);
      if (decision.step === 'route' && !req.localAddress && !req.localPort) {
        if (this.#context.kernel.isThroughClat(address) && this.#context.classes.ownerOf(handle) !== undefined)
          return this.#connectThroughClat(handle, req, address, port, decision);
        this.#completions.watchDirect(req);
      }
      return this.#facades.real.connect.call(handle, req, address, port);
    }
    // Bound to an IPv4 address of this host, so AF_INET: the kernel alone can say whether that works.
    if (!bound && this.#facades.familyOf(handle) === 'IPv4') {
      // To the kernel a synthetic address is somebody else's.
      if (decision.step === 'pool') return this.#refuse(handle, req, address, 'ENETUNREACH', undefined);
      return this.#facades.real.connect.call(handle, req, address, port);
    }
    if (isBlockedFor(this.#context.classes.ownerOf(handle), decision)) {
      replaceError(this.#context.classes.ownerOf(handle), blockedError(req.address ?? address));
      return errnoOf('EACCES');
    }
    const isLoopback = decision.step === 'loopback' && decision.address === '::1';
    if (isLoopback && this.#ports.refuses(port, 4, address)) return completeLater(handle, req, 'ECONNREFUSED');
    counters.connects.translated++;
    const ways = decision.step === 'nat64' && !bound ? this.#nat64Ways(handle, address, decision) : undefined;
    if (ways) {
      const by = { ways, more: undefined, delayMs: PREFIX_DELAY_MS, onAnswer: () => {}, view };
      return this.#connectByWays(handle, req, address, port, by).start();
    }
    const status = this.#facades.real.connect6.call(handle, req, decision.address, port);
    const viaNat64 = decision.step === 'nat64';
    if (status !== 0) {
      // The error names the socket: an IPv4 one, to the program.
      if (!bound && view === 'ipv4') this.#facades.adopt(handle, UNKNOWN_ENDS.ipv4);
      if (viaNat64) this.#completions.explainFailure(handle, req, address, port, decision, status);
      return status;
    }
    if (viaNat64) this.#completions.watchTranslated(req);
    const peer = view === 'mapped' ? MAPPED + address : address;
    const local = this.#facades.localAddressOf(handle);
    this.#facades.adopt(handle, this.#facadeFor(decision, view, peer, local));
    if (decision.step === 'pool') useWhileOpen(this.#context.pool, handle, peer);
    // Also from the loopback to an address of this host.
    const source = local === undefined ? '127.0.0.1' : (mappedIPv4(local) ?? local);
    if (isLoopback || (local !== undefined && source.startsWith('127.')))
      this.#context.flows.note(this.#facades.localPort(handle), source, address);
    return 0;
  }

  /** The kernel reads 0.0.0.0 as the address of this host that the socket is bound to, else as the loopback. */
  #own(
    handle: TcpHandle,
    address: string,
    decision: Exclude<Decision, { kind: 'wait' }>,
    port: number,
  ): { readonly address: string; readonly decision: Exclude<Decision, { kind: 'wait' }> } {
    if (address !== '0.0.0.0' || decision.kind !== 'translate' || decision.step !== 'loopback')
      return { address, decision };
    const local = this.#facades.localAddressOf(handle);
    if (local === undefined) return { address: '127.0.0.1', decision };
    const ipv4 = mappedIPv4(local) ?? local;
    const own = this.#context.translator.destination(ipv4, { port, protocol: 'tcp' });
    return { address: ipv4, decision: own.kind === 'wait' ? decision : own };
  }

  /**
   * Over IPv4 from a socket that is AF_INET6. From a host address (RFC 7335) the kernel has no way to 127.0.0.1, where it has
   * one from the machine's own address on a dual-stack host: such a connect is made without the address.
   */
  #connectBound(handle: TcpHandle, req: ConnectRequest, address: string, port: number, direct: Way): Errno {
    const local = this.#facades.describe(handle)?.local;
    const status = this.#facades.real.connect6.call(handle, req, direct.address, port);
    if (status === 0 || direct.step !== 'loopback' || local === undefined || req.localPort) return status;
    const by = { ways: [direct], more: undefined, delayMs: 0, onAnswer: () => {}, local };
    return this.#connectByWays(handle, req, address, port, by).startAnew();
  }

  #refuse(
    handle: TcpHandle,
    req: ConnectRequest,
    address: string,
    errno: string,
    cause: V6OnlyError | undefined,
  ): Errno {
    this.#facades.refuse(handle);
    // The error names what the program wrote.
    if (cause) explainConnect(this.#context.classes.ownerOf(handle), req.address ?? address, cause);
    return errnoOf(errno);
  }

  /** Connections to one destination share it: what a connect leaves behind outlives it until the next full collection. */
  #facadeFor(decision: Translated, view: View, peer: string, local: string | undefined): Facade {
    if (local !== undefined) return facade(view, peer, local, decision);
    let shown = this.#destinations.get(decision);
    if (shown?.view !== view || shown.peer !== peer) {
      shown = facade(view, peer, undefined, decision);
      this.#destinations.set(decision, shown);
    }
    return shown;
  }

  /** The ways through several NAT64 prefixes; undefined where there is one, or nobody to give another handle to. */
  #nat64Ways(handle: TcpHandle, address: string, decision: Translated): readonly Way[] | undefined {
    const { prefixes, translator, classes } = this.#context;
    const owner = classes.ownerOf(handle);
    if (!prefixes.hasSeveral || owner === undefined) return undefined;
    const ways = translator.nat64Ways(address).filter((way) => !isBlockedFor(owner, way));
    return ways.length > 1 && ways[0]?.address === decision.address ? ways : undefined;
  }

  /**
   * A CLAT leads through the NAT64, as v6only does itself: where it has died, neither path nor source changes. What the
   * NAT64 reached and the CLAT did not goes there at once from then on.
   */
  #connectThroughClat(handle: TcpHandle, req: ConnectRequest, address: string, port: number, direct: Way): Errno {
    const { prefixes, translator, classes } = this.#context;
    const owner = classes.ownerOf(handle);
    const nat64Ways = () => translator.nat64Ways(address).filter((way) => !isBlockedFor(owner, way));
    const known = prefixes.list() === undefined ? undefined : nat64Ways();
    const more = known === undefined ? () => prefixes.ready().then(nat64Ways) : undefined;
    const isDead = this.#clat.isDeadFor(address);
    const ways = isDead && known ? [...known, direct] : [direct, ...(known ?? [])];
    return this.#connectByWays(handle, req, address, port, {
      ways,
      more,
      delayMs: CLAT_DELAY_MS,
      onAnswer: (way) => {
        if (way.kind === 'direct') this.#clat.worked(address);
        else if (!isDead) this.#clat.failed(address);
      },
    }).start();
  }

  #connectByWays(
    handle: TcpHandle,
    req: ConnectRequest,
    address: string,
    port: number,
    by: Pick<WaysRequest, 'ways' | 'more' | 'delayMs' | 'onAnswer'> & { readonly view?: View; readonly local?: string },
    inner: OnComplete | undefined = req.oncomplete,
  ): WaysConnect {
    const { prefixes, hostOf, classes } = this.#context;
    const { view = 'ipv4', local, ...ways } = by;
    const asked: WaysRequest = {
      ...ways,
      handle,
      req,
      address,
      port,
      host: hostOf(classes.ownerOf(handle)),
      facadeFor: (way) => {
        const peer = view === 'mapped' ? MAPPED + address : address;
        if (way.kind === 'translate') return this.#facadeFor(way, view, peer, undefined);
        return local === undefined ? undefined : facade(view, address, local, way);
      },
      onAnswer: (way) => {
        if (way.kind === 'translate') prefixes.succeeded(way.address);
        by.onAnswer(way);
      },
      onFailure: (way) => {
        if (way.kind === 'translate') prefixes.failed(way.address);
      },
      onAbandoned: (way, afterMs) => {
        if (way.kind === 'translate') prefixes.abandoned(way.address, afterMs);
      },
    };
    return new WaysConnect(this.#context, this.#facades, asked, inner);
  }

  #goOnByNat64(handle: TcpHandle, req: ConnectRequest, code: Errno, inner: OnComplete | undefined): boolean {
    const { address = '', port = 0 } = req;
    const { prefixes, translator, classes, kernel } = this.#context;
    const direct = translator.destination(address, { port, host: undefined, protocol: 'tcp' });
    if (direct.kind !== 'direct' || classes.ownerOf(handle) === undefined) return false;
    const goOn = () => {
      // A prefix that is but assumed is no reason to let a program wait that has its answer.
      const owner = classes.ownerOf(handle);
      const ways =
        prefixes.origin === 'assumed' ? [] : translator.nat64Ways(address).filter((way) => !isBlockedFor(owner, way));
      if (ways.length === 0) {
        inner?.call(req, code, handle, req, false, false);
        return;
      }
      const onAnswer = (way: Way) => {
        if (way.kind === 'direct') return;
        kernel.deniedByNetwork(address);
        translator.reset();
      };
      const by = { ways: [direct, ...ways], more: undefined, delayMs: PREFIX_DELAY_MS, onAnswer };
      this.#connectByWays(handle, req, address, port, by, inner).goOn(code);
    };
    if (prefixes.list() !== undefined) goOn();
    else void prefixes.ready().then(() => process.nextTick(goOn));
    return true;
  }
}
