import type { Decision } from '../../address/decision';
import { mappedIPv4 } from '../../address/mapped';
import { noSuchAddress } from '../../address/refusals';
import type { HookContext } from '../context';
import { bindChannel, connectChannel } from '../diagnostics';
import { explainEmitted } from './cause';
import type { Endpoint } from './endpoint';
import { errnoOf } from './errno';
import { type Errno, type SocketName, type UdpHandle, UV_IPV6ONLY } from './internals';
import { endUse, useWhileOpen } from './pool-use';
import { SharedUdpPorts } from './shared-udp-ports';
import { UdpGroups } from './udp-groups';
import { receiver } from './udp-receive';
import { UdpSenders } from './udp-send';
import type { UdpState } from './udp-state';
import { showAs, showLocal, showPeer } from './view';

/** UDP handles that speak IPv4 to the program: one descriptor for all destinations, so one AF_INET6 socket for IPv4, loopback and NAT64 alike. */
export class UdpFacades {
  readonly #context: HookContext;
  readonly real: UdpHandle;
  readonly #facades = new WeakMap<object, UdpState>();
  readonly #groups: UdpGroups;
  readonly #shared: SharedUdpPorts;
  readonly #senders: UdpSenders;

  constructor(context: HookContext) {
    this.#context = context;
    const p = context.classes.Udp.prototype;
    this.real = realMethods(p) as UdpHandle;
    this.#groups = new UdpGroups(context, this.real);
    this.#shared = new SharedUdpPorts(this.real, context);
    this.#senders = new UdpSenders(context, this.real, this.#groups);
  }

  /** Whether datagrams to a handle have to be looked at: it is a facade, or shares a port with one. */
  isWatched(handle: UdpHandle): boolean {
    return this.#facades.has(handle) || this.#shared.isMember(handle);
  }

  sendOf(handle: UdpHandle): UdpHandle['send'] {
    return this.#senders.sendOf(handle, this.#facades.get(handle) as UdpState, this.#shared.carrierOf(handle));
  }

  bind(handle: UdpHandle, address: string, port: number, flags: number): Errno {
    const { translator, counters } = this.#context;
    if (address.includes(':'))
      return this.#adoptBound(handle, this.real.bind6.call(handle, address, port, flags), undefined);
    const decision = translator.local(address, 'tcp', true);
    if (bindChannel.hasSubscribers) {
      bindChannel.publish({
        protocol: 'udp',
        address,
        port,
        host: undefined,
        decision,
        owner: this.#context.classes.ownerOf(handle),
      });
    }
    if (decision.kind === 'refuse' || decision.kind === 'wait') {
      counters.binds.refused++;
      if (decision.kind === 'refuse') explainEmitted(this.#context.classes.ownerOf(handle), decision.cause);
      return errnoOf('EADDRNOTAVAIL');
    }
    if (decision.kind === 'direct') {
      counters.binds.direct++;
      return this.real.bind.call(handle, address, port, flags);
    }
    counters.binds.translated++;
    const endpoint = { address, kernelAddress: this.#kernelAddress(decision), port, family: 4, v6only: false } as const;
    const status = this.#shared.bind(handle, endpoint, flags & ~UV_IPV6ONLY, this.#isLent(handle));
    if (status === errnoOf('EADDRNOTAVAIL'))
      explainEmitted(this.#context.classes.ownerOf(handle), noSuchAddress(address));
    return this.#adoptBound(handle, status, address);
  }

  #adoptBound(handle: UdpHandle, status: Errno, address: string | undefined): Errno {
    if (status !== 0) return status;
    const local = address === '0.0.0.0' ? undefined : address;
    this.#adopt(handle, { view: 'ipv4', local, peer: undefined, broadcast: false });
    return 0;
  }

  /** A dual AF_INET6 socket sees NAT64 peers as `::ffff:a.b.c.d`, and sends to such addresses through the NAT64. */
  bind6(handle: UdpHandle, address: string, port: number, flags: number): Errno {
    const ipv4 = mappedIPv4(address);
    const decision = ipv4 === undefined ? undefined : this.#context.translator.local(ipv4);
    const kernelAddress = decision?.kind === 'translate' ? decision.address : address;
    const v6only = (flags & UV_IPV6ONLY) !== 0;
    const dual = address === '::' && !v6only;
    const alone = this.#context.translator.hasGeneralRoute();
    const status = alone
      ? this.real.bind6.call(handle, kernelAddress, port, flags)
      : this.#shared.bind(handle, { address, kernelAddress, port, family: 6, v6only }, flags, this.#isLent(handle));
    if (status !== 0) return status;
    if (this.#shared.isGuest(handle)) {
      this.#adoptGuest6(handle);
      return 0;
    }
    if ((dual || ipv4 !== undefined) && !alone) {
      this.#adopt(handle, {
        view: 'mapped',
        local: ipv4 === undefined ? undefined : address,
        peer: undefined,
        broadcast: false,
      });
    }
    return 0;
  }

  /** A socket that shares a kernel socket of this process, or undefined where none has room for it. */
  join(address: string, port: number, family: 4 | 6, flags: number): UdpHandle | undefined {
    const endpoint = this.#endpointOf(address, port, family, flags);
    if (endpoint === undefined || this.#shared.guestFor(endpoint) === undefined) return undefined;
    const handle = new this.#context.classes.Udp();
    this.#shared.join(handle, endpoint);
    if (family === 4) this.#adoptBound(handle, 0, address);
    else this.#adoptGuest6(handle);
    return handle;
  }

  /** What a handle from the cluster's primary was bound to. */
  noteBound(handle: UdpHandle, address: string, port: number, family: 4 | 6, flags: number): void {
    const endpoint = this.#endpointOf(address, port, family, flags);
    if (!endpoint) return;
    this.#shared.noteBound(handle, endpoint);
    if (family === 4) this.ensure(handle);
    else if (address === '::' && !endpoint.v6only)
      this.#adopt(handle, { view: 'mapped', local: undefined, peer: undefined, broadcast: false });
  }

  /** lib/dgram.js gives a handle from the cluster's primary the `send` of the one that it replaces. */
  settle(handle: UdpHandle): void {
    if (this.#facades.has(handle)) handle.send = this.sendOf(handle);
    else if (this.#shared.isGuest(handle)) handle.send = handle.send6;
  }

  /** Undefined where the address stays on IPv4. */
  #endpointOf(address: string, port: number, family: 4 | 6, flags: number): Endpoint | undefined {
    const { translator } = this.#context;
    if (translator.hasGeneralRoute()) return undefined;
    if (family === 6) return { address, kernelAddress: address, port, family, v6only: (flags & UV_IPV6ONLY) !== 0 };
    const decision = translator.local(address, 'tcp', true);
    if (decision.kind !== 'translate') return undefined;
    return { address, kernelAddress: this.#kernelAddress(decision), port, family, v6only: false };
  }

  #kernelAddress({ step, address }: Extract<Decision, { kind: 'translate' }>): string {
    return step === 'multicast' ? this.#groups.bindAddress(address) : address;
  }

  /** A handle without a socket of the program is the cluster primary's, for its workers. */
  #isLent(handle: UdpHandle): boolean {
    return this.#context.classes.ownerOf(handle) === undefined;
  }

  /** An IPv6 socket that shares the kernel socket of an IPv4 one. */
  #adoptGuest6(handle: UdpHandle): void {
    const { send6 } = this.real;
    const carrier = this.#shared.carrierOf(handle);
    handle.send6 = (...args) => Reflect.apply(send6, carrier, args);
    handle.send = handle.send6;
    handle.recvStart = () => this.recvStart(handle);
    handle.getsockname = (out) => this.#shared.getsockname(handle, out);
  }

  /**
   * Makes sure that an IPv4 handle is a facade if its socket is (or, unbound, has to be) AF_INET6; says whether it is one.
   * Sockets that came from another process or as a descriptor are recognized by what the kernel calls them.
   */
  ensure(handle: UdpHandle, onlyBound = false, flags = 0): boolean {
    if (this.#facades.has(handle)) return true;
    const name: SocketName = {};
    const bound = this.real.getsockname.call(handle, name) === 0;
    if (bound && name.family === 'IPv4') return false;
    if (!bound) {
      if (onlyBound) return false;
      return this.bind(handle, '0.0.0.0', 0, flags) === 0 && this.#facades.has(handle);
    }
    const local = name.address === '::' ? undefined : this.#context.translator.localToIPv4(name.address ?? '::');
    this.#adopt(handle, { view: 'ipv4', local, peer: undefined, broadcast: false });
    return true;
  }

  #adopt(handle: UdpHandle, facade: UdpState): void {
    const real = this.real;
    const context = this.#context;
    this.#facades.set(handle, facade);
    handle.send = this.sendOf(handle);
    if (facade.view === 'mapped') handle.send6 = handle.send;
    handle.connect = (address, port) => this.#connect(handle, facade, address, port);
    handle.disconnect = () => {
      facade.peer = undefined;
      endUse(handle);
      return real.disconnect.call(handle);
    };
    handle.getsockname = (out) => {
      const status = this.#shared.getsockname(handle, out);
      if (status !== 0) return status;
      if (facade.local !== undefined) showAs(out, facade.local);
      else if (facade.view === 'ipv4') showLocal(context, 'ipv4', out);
      return 0;
    };
    handle.getpeername = (out) => {
      const status = real.getpeername.call(handle, out);
      if (status !== 0) return status;
      if (facade.peer === undefined) showPeer(context, facade.view, out);
      else showAs(out, facade.peer);
      return 0;
    };
    handle.recvStart = () => this.recvStart(handle);
    if (context.prefixes.list() === undefined) this.#senders.waitInLookup(handle);
    if (facade.view === 'ipv4') this.#groups.adopt(handle, facade, this.#shared.carrierOf(handle));
  }

  #connect(handle: UdpHandle, facade: UdpState, address: string, port: number): Errno {
    const ipv4 = facade.view === 'mapped' ? mappedIPv4(address) : address.includes(':') ? undefined : address;
    if (ipv4 === undefined) return this.real.connect6.call(handle, address, port);
    const decision = this.#context.translator.destination(ipv4, { port, protocol: 'udp' });
    if (connectChannel.hasSubscribers) {
      const owner = this.#context.classes.ownerOf(handle);
      connectChannel.publish({ protocol: 'udp', address: ipv4, port, host: undefined, decision, owner });
    }
    if (decision.kind === 'refuse') {
      explainEmitted(this.#context.classes.ownerOf(handle), decision.cause);
      return errnoOf(decision.errno);
    }
    if (decision.kind === 'wait') return errnoOf('ENETUNREACH');
    const status = this.real.connect6.call(handle, decision.address, port);
    if (status !== 0) return status;
    facade.peer = address === '0.0.0.0' ? '127.0.0.1' : address;
    if (decision.step === 'pool') useWhileOpen(this.#context.pool, handle, address);
    return 0;
  }

  recvStart(handle: UdpHandle): Errno {
    const inner = handle.onmessage;
    const facade = this.#facades.get(handle);
    if (inner && !wrapped.has(inner)) {
      const onmessage = this.#shared.receiver(handle, receiver(this.#context, handle, facade, inner));
      wrapped.add(onmessage);
      handle.onmessage = onmessage;
    }
    return this.#shared.recvStart(handle);
  }
}

const wrapped = new WeakSet<object>();

/** The methods as they are before anything is patched; captured once. */
function realMethods(p: UdpHandle) {
  const { bind, bind6, connect, connect6, disconnect, send, send6, recvStart, recvStop, getsockname, getpeername } = p;
  const { open, addMembership, dropMembership, addSourceSpecificMembership, dropSourceSpecificMembership } = p;
  const { setMulticastInterface, setBroadcast, close, ref, unref, hasRef } = p;
  return {
    bind,
    bind6,
    connect,
    connect6,
    disconnect,
    send,
    send6,
    recvStart,
    recvStop,
    getsockname,
    getpeername,
    open,
    addMembership,
    dropMembership,
    addSourceSpecificMembership,
    dropSourceSpecificMembership,
    setMulticastInterface,
    setBroadcast,
    close,
    ref,
    unref,
    hasRef,
  };
}
