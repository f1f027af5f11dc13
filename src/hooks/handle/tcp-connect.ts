import type { Decision } from '../../address/decision';
import { MAPPED, mappedIPv4 } from '../../address/mapped';
import type { HookContext } from '../context';
import { connectChannel } from '../diagnostics';
import type { TcpPorts } from '../ports/tcp-ports';
import { explainConnect, NO_WAY, noWay } from './cause';
import { asOverIPv4, errnoOf, nameOf } from './errno';
import { completeLater, hold, watchAbandoned } from './hold';
import type { ConnectRequest, Errno, OnComplete, TcpHandle } from './internals';
import { useWhileOpen } from './pool-use';
import type { Facade, TcpFacades } from './tcp-facade';
import type { View } from './view';

type Translated = Extract<Decision, { kind: 'translate' }>;

/** `connect` and `connect6` of the TCP handle. */
export class TcpConnects {
  readonly #context: HookContext;
  readonly #facades: TcpFacades;
  readonly #ports: TcpPorts;
  readonly #destinations = new WeakMap<Decision, Facade>();
  #explained: { readonly inner: OnComplete | undefined; readonly outer: OnComplete } | undefined;

  constructor(context: HookContext, facades: TcpFacades, ports: TcpPorts) {
    this.#context = context;
    this.#facades = facades;
    this.#ports = ports;
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
    const ipv4 = mappedIPv4(address);
    if (ipv4 === undefined) {
      if (address === '::1' && this.#ports.refuses(port, 6, address))
        return completeLater(handle, req, 'ECONNREFUSED');
      const status = this.#facades.real.connect6.call(handle, req, address, port);
      if (status === 0 && address === '::1' && !this.#context.flows.isEmpty) {
        this.#context.flows.forget(this.#facades.localPort(handle));
      }
      return status;
    }
    const decision = this.#context.translator.destination(ipv4, { port, protocol: 'tcp' });
    if (decision.kind === 'wait')
      return hold(this.#context, handle, req, () => this.connect6(handle, req, address, port));
    if (decision.kind === 'direct') return this.#facades.real.connect6.call(handle, req, address, port);
    return this.#carryOut(handle, req, address, port, decision, 'mapped');
  }

  #carryOut(
    handle: TcpHandle,
    req: ConnectRequest,
    address: string,
    port: number,
    decision: Exclude<Decision, { kind: 'wait' }>,
    view: View,
  ): Errno {
    const { counters, flows } = this.#context;
    const bound = this.#facades.viewOf(handle) !== undefined;
    if (decision.kind === 'refuse') {
      counters.connects.refused++;
      explainConnect(this.#context.classes.ownerOf(handle), address, decision.cause);
      return errnoOf(decision.errno);
    }
    if (decision.kind === 'direct') {
      counters.connects.direct++;
      // The original call, byte for byte; only a socket that is bound as AF_INET6 already needs the mapped form.
      if (bound) return this.#facades.real.connect6.call(handle, req, decision.address, port);
      return this.#facades.real.connect.call(handle, req, address, port);
    }
    // Bound to an IPv4 address of this host, so AF_INET: the kernel alone can say whether that works.
    if (!bound && this.#facades.familyOf(handle) === 'IPv4')
      return this.#facades.real.connect.call(handle, req, address, port);
    const isLoopback = decision.step === 'loopback' && decision.address === '::1';
    if (isLoopback && this.#ports.refuses(port, 4, mappedIPv4(address) ?? address))
      return completeLater(handle, req, 'ECONNREFUSED');
    counters.connects.translated++;
    const status = this.#facades.real.connect6.call(handle, req, decision.address, port);
    const viaNat64 = decision.step === 'nat64';
    if (status !== 0) {
      if (viaNat64) this.#explainFailure(handle, address, port, decision, status);
      return status;
    }
    if (viaNat64) this.#watchCompletion(handle, req, decision);
    const peer = address === '0.0.0.0' ? '127.0.0.1' : address;
    const local = this.#facades.localAddressOf(handle);
    this.#facades.adopt(handle, this.#facadeFor(decision, view, peer, local));
    if (decision.step === 'pool') useWhileOpen(this.#context.pool, handle, peer);
    if (isLoopback) {
      flows.note(
        this.#facades.localPort(handle),
        local ?? '127.0.0.1',
        view === 'mapped' ? address.slice(MAPPED.length) : peer,
      );
    }
    return 0;
  }

  /** Connections to one destination share it: what a connect leaves behind outlives it until the next full collection. */
  #facadeFor(decision: Translated, view: View, peer: string, local: string | undefined): Facade {
    if (local !== undefined) return { view, peer, local, decision };
    let facade = this.#destinations.get(decision);
    if (facade?.view !== view || facade.peer !== peer) {
      facade = { view, peer, decision };
      this.#destinations.set(decision, facade);
    }
    return facade;
  }

  #watchCompletion(handle: TcpHandle, req: ConnectRequest, decision: Translated): void {
    const { prefixes } = this.#context;
    if (prefixes.hasSeveral) watchAbandoned(handle, req, () => prefixes.failed(decision.address));
    req.oncomplete = this.#explaining(req.oncomplete);
  }

  /** `inner`, with errors as over IPv4. lib/net.js has one for almost all requests, so one is made of it for all. */
  #explaining(inner: OnComplete | undefined): OnComplete {
    if (this.#explained && this.#explained.inner === inner) return this.#explained.outer;
    const connects = this;
    const outer: OnComplete = function (code, handle, req, readable, writable) {
      if (code === 0) return inner?.call(this, 0, handle, req, readable, writable);
      const decision = connects.#facades.describe(handle)?.decision;
      if (decision?.kind === 'translate')
        connects.#explainFailure(handle, req.address ?? '', req.port ?? 0, decision, code);
      return inner?.call(this, asOverIPv4(code), handle, req, readable, writable);
    };
    this.#explained = { inner, outer };
    return outer;
  }

  /** An error of the way to or through the NAT64 tells what was tried; and the way may have changed. */
  #explainFailure(handle: TcpHandle, address: string, port: number, decision: Translated, code: Errno): void {
    const { prefixes } = this.#context;
    const name = nameOf(code);
    if (!NO_WAY.has(name)) return;
    prefixes.failed(decision.address);
    explainConnect(
      this.#context.classes.ownerOf(handle),
      address,
      noWay(address, port, decision, name, prefixes.origin),
    );
  }
}
