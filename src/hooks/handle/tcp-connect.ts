import type { Decision } from '../../address/decision';
import { MAPPED, mappedIPv4 } from '../../address/mapped';
import type { HookContext } from '../context';
import { connectChannel } from '../diagnostics';
import { explainConnect, NO_WAY, noWay } from './cause';
import { asOverIPv4, errnoOf, nameOf } from './errno';
import { completeLater, hold, watchAbandoned } from './hold';
import type { ConnectRequest, Errno, TcpHandle } from './internals';
import { useWhileOpen } from './pool-use';
import type { SharedPorts } from './shared-ports';
import type { TcpFacades } from './tcp-facade';
import type { View } from './view';

/** `connect` and `connect6` of the TCP handle. */
export class TcpConnects {
  readonly #context: HookContext;
  readonly #facades: TcpFacades;
  readonly #shared: SharedPorts;

  constructor(context: HookContext, facades: TcpFacades, shared: SharedPorts) {
    this.#context = context;
    this.#facades = facades;
    this.#shared = shared;
  }

  connect(handle: TcpHandle, req: ConnectRequest, address: string, port: number): Errno {
    const { translator } = this.#context;
    const owner = this.#facades.ownerOf(handle);
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
      if (address === '::1' && this.#shared.isDeafTo(port, 6, address))
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
      explainConnect(this.#facades.ownerOf(handle), address, decision.cause);
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
    if (isLoopback && this.#shared.isDeafTo(port, 4, mappedIPv4(address) ?? address))
      return completeLater(handle, req, 'ECONNREFUSED');
    counters.connects.translated++;
    const status = this.#facades.real.connect6.call(handle, req, decision.address, port);
    if (decision.step === 'nat64') this.#explainFailure(handle, req, address, port, decision, status);
    if (status !== 0) return status;
    const peer = address === '0.0.0.0' ? '127.0.0.1' : address;
    const local = this.#facades.localAddressOf(handle);
    this.#facades.adopt(handle, view, { peer, local });
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

  /** An error of the way to or through the NAT64 tells what was tried; and the way may have changed. */
  #explainFailure(
    handle: TcpHandle,
    req: ConnectRequest,
    address: string,
    port: number,
    decision: Extract<Decision, { kind: 'translate' }>,
    status: Errno,
  ): void {
    const { prefixes } = this.#context;
    const explain = (code: Errno) => {
      const name = nameOf(code);
      if (!NO_WAY.has(name)) return;
      prefixes.failed(decision.address);
      explainConnect(this.#facades.ownerOf(handle), address, noWay(address, port, decision, name, prefixes.origin));
    };
    if (status !== 0) {
      explain(status);
      return;
    }
    if (prefixes.hasSeveral) watchAbandoned(handle, req, () => prefixes.failed(decision.address));
    const { oncomplete } = req;
    req.oncomplete = function (code, self, request, readable, writable) {
      if (code === 0) return oncomplete?.call(this, 0, self, request, readable, writable);
      explain(code);
      return oncomplete?.call(this, asOverIPv4(code), self, request, readable, writable);
    };
  }
}
