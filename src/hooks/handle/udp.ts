import { isIPv4 } from 'node:net';
import type { Decision } from '../../address/decision';
import { canonicalIPv6 } from '../../address/ipv6';
import { MAPPED, mappedIPv4 } from '../../address/mapped';
import { noSuchAddress } from '../../address/refusals';
import type { HookContext } from '../context';
import { bindChannel, connectChannel, sendChannel } from '../diagnostics';
import { patch, type Undo } from '../patch';
import { explainEmitted } from './cause';
import { asOverIPv4, errnoOf } from './errno';
import {
  type Errno,
  type OnMessage,
  type RemoteInfo,
  type SendRequest,
  type SocketName,
  type UdpHandle,
  UV_IPV6ONLY,
  UV_UDP_REUSEADDR,
} from './internals';
import { endUse, useWhileOpen } from './pool-use';
import { SharedUdpPorts } from './shared-udp-ports';
import { UdpGroups } from './udp-groups';
import { showAs, showLocal, showPeer, type View } from './view';

/** A UDP handle's state as a facade. */
interface Facade {
  readonly view: View;
  /** The IPv4 address that the program bound it to, where that is not 0.0.0.0. */
  local: string | undefined;
  /** What the program connected it to. */
  peer: string | undefined;
  broadcast: boolean;
  /** Addresses under a NAT64 prefix that an IPv6 program itself sent to: answers from there read as it wrote them. */
  written?: Set<string>;
  /** The IPv6 address that was sent to last: the next datagram mostly goes there too, and needs no look. */
  plain?: string;
}

/** Patches the UDP handle: one descriptor for all destinations, so one AF_INET6 socket for IPv4, loopback and NAT64 alike. */
export class UdpFacades {
  readonly #context: HookContext;
  readonly #real: UdpHandle;
  readonly #facades = new WeakMap<object, Facade>();
  readonly #groups: UdpGroups;
  readonly #shared: SharedUdpPorts;

  constructor(context: HookContext) {
    this.#context = context;
    const p = context.classes.Udp.prototype;
    this.#real = pick(p) as UdpHandle;
    this.#groups = new UdpGroups(context, this.#real);
    this.#shared = new SharedUdpPorts(this.#real, context);
  }

  install(): Undo[] {
    const p = this.#context.classes.Udp.prototype;
    const real = this.#real;
    const self = this;
    return [
      patch(
        p,
        'bind',
        () =>
          ({
            bind(this: UdpHandle, address: string, port: number, flags: number) {
              return self.#bind(this, address, port, flags);
            },
          }).bind,
      ),
      patch(
        p,
        'bind6',
        () =>
          ({
            bind6(this: UdpHandle, address: string, port: number, flags: number) {
              return self.#bind6(this, address, port, flags);
            },
          }).bind6,
      ),
      patch(
        p,
        'connect',
        () =>
          ({
            connect(this: UdpHandle, address: string, port: number) {
              return self.#ensure(this) ? this.connect(address, port) : real.connect.call(this, address, port);
            },
          }).connect,
      ),
      patch(
        p,
        'send',
        () =>
          ({
            send(this: UdpHandle, ...args: Parameters<UdpHandle['send']>) {
              // lib/dgram.js gives a handle from the cluster primary the old one's `send` as its own: step aside for the facade's.
              if (self.#ensure(this, true)) return Reflect.apply(self.#sendOf(this), this, args);
              return Reflect.apply(real.send, this, args);
            },
          }).send,
      ),
      patch(
        p,
        'recvStart',
        () =>
          ({
            recvStart(this: UdpHandle) {
              if (!isUdp6(this)) self.#ensure(this);
              return self.#facades.has(this) || self.#shared.isMember(this)
                ? self.#recvStart(this)
                : real.recvStart.call(this);
            },
          }).recvStart,
      ),
      ...(['addMembership', 'addSourceSpecificMembership', 'setMulticastInterface'] as const).map((method) =>
        patch(
          p,
          method,
          () =>
            ({
              [method](this: UdpHandle, ...args: [string, string, string]) {
                if (!isUdp6(this) && self.#ensure(this, false, UV_UDP_REUSEADDR))
                  return Reflect.apply(this[method], this, args);
                return Reflect.apply(real[method], this, args);
              },
            })[method] as never,
        ),
      ),
      patch(
        p,
        'open',
        () =>
          ({
            open(this: UdpHandle, fd: number) {
              const status = real.open.call(this, fd);
              if (status === 0 && !isUdp6(this)) self.#ensure(this);
              return status;
            },
          }).open,
      ),
    ];
  }

  /** Whether a handle is a facade. */
  viewOf(handle: object): View | undefined {
    return this.#facades.get(handle)?.view;
  }

  #bind(handle: UdpHandle, address: string, port: number, flags: number): Errno {
    const { translator, counters } = this.#context;
    if (address.includes(':'))
      return this.#adoptBound(handle, this.#real.bind6.call(handle, address, port, flags), undefined);
    const decision = translator.local(address, port === 0);
    if (bindChannel.hasSubscribers) {
      bindChannel.publish({ protocol: 'udp', address, port, host: undefined, decision, owner: this.#ownerOf(handle) });
    }
    if (decision.kind === 'refuse' || decision.kind === 'wait') {
      counters.binds.refused++;
      if (decision.kind === 'refuse') explainEmitted(this.#ownerOf(handle), decision.cause);
      return errnoOf('EADDRNOTAVAIL');
    }
    if (decision.kind === 'direct') {
      counters.binds.direct++;
      return this.#real.bind.call(handle, address, port, flags);
    }
    counters.binds.translated++;
    const kernelAddress = decision.step === 'multicast' ? this.#groups.bindAddress(decision.address) : decision.address;
    const endpoint = { address, kernelAddress, port, family: 4, v6only: false } as const;
    const status = this.#shared.bind(handle, endpoint, flags & ~UV_IPV6ONLY);
    if (status === errnoOf('EADDRNOTAVAIL')) explainEmitted(this.#ownerOf(handle), noSuchAddress(address));
    return this.#adoptBound(handle, status, address);
  }

  #adoptBound(handle: UdpHandle, status: Errno, address: string | undefined): Errno {
    if (status !== 0) return status;
    const local = address === '0.0.0.0' ? undefined : address;
    this.#adopt(handle, { view: 'ipv4', local, peer: undefined, broadcast: false });
    return 0;
  }

  /** A dual AF_INET6 socket sees NAT64 peers as `::ffff:a.b.c.d`, and sends to such addresses through the NAT64. */
  #bind6(handle: UdpHandle, address: string, port: number, flags: number): Errno {
    const ipv4 = mappedIPv4(address);
    const decision = ipv4 === undefined ? undefined : this.#context.translator.local(ipv4);
    const kernelAddress = decision?.kind === 'translate' ? decision.address : address;
    const v6only = (flags & UV_IPV6ONLY) !== 0;
    const dual = address === '::' && !v6only;
    const alone = this.#context.translator.leavesIPv4Alone;
    const status = alone
      ? this.#real.bind6.call(handle, kernelAddress, port, flags)
      : this.#shared.bind(handle, { address, kernelAddress, port, family: 6, v6only }, flags);
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

  /** An IPv6 socket that shares the kernel socket of an IPv4 one. */
  #adoptGuest6(handle: UdpHandle): void {
    const { send6 } = this.#real;
    const carrier = this.#shared.carrierOf(handle);
    handle.send6 = (...args) => Reflect.apply(send6, carrier, args);
    handle.send = handle.send6;
    handle.recvStart = () => this.#recvStart(handle);
    handle.getsockname = (out) => this.#shared.getsockname(handle, out);
  }

  /**
   * Makes sure that an IPv4 handle is a facade if its socket is (or, unbound, has to be) AF_INET6; says whether it is one.
   * Sockets that came from another process or as a descriptor are recognized by what the kernel calls them.
   */
  #ensure(handle: UdpHandle, onlyBound = false, flags = 0): boolean {
    if (this.#facades.has(handle)) return true;
    const name: SocketName = {};
    const bound = this.#real.getsockname.call(handle, name) === 0;
    if (bound && name.family === 'IPv4') return false;
    if (!bound) {
      if (onlyBound) return false;
      return this.#bind(handle, '0.0.0.0', 0, flags) === 0 && this.#facades.has(handle);
    }
    const local = name.address === '::' ? undefined : this.#context.translator.localToIPv4(name.address ?? '::');
    this.#adopt(handle, { view: 'ipv4', local, peer: undefined, broadcast: false });
    return true;
  }

  #adopt(handle: UdpHandle, facade: Facade): void {
    const real = this.#real;
    const context = this.#context;
    this.#facades.set(handle, facade);
    handle.send = this.#sendOf(handle);
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
    handle.recvStart = () => this.#recvStart(handle);
    if (context.prefixes.list() === undefined) this.#waitInLookup(handle);
    if (facade.view === 'ipv4') this.#groups.adopt(handle, facade, this.#shared.carrierOf(handle));
  }

  #connect(handle: UdpHandle, facade: Facade, address: string, port: number): Errno {
    const ipv4 = facade.view === 'mapped' ? mappedIPv4(address) : address.includes(':') ? undefined : address;
    if (ipv4 === undefined) return this.#real.connect6.call(handle, address, port);
    const decision = this.#context.translator.destination(ipv4, { port, protocol: 'udp' });
    if (connectChannel.hasSubscribers) {
      const owner = this.#ownerOf(handle);
      connectChannel.publish({ protocol: 'udp', address: ipv4, port, host: undefined, decision, owner });
    }
    if (decision.kind === 'refuse') {
      explainEmitted(this.#ownerOf(handle), decision.cause);
      return errnoOf(decision.errno);
    }
    if (decision.kind === 'wait') return errnoOf('ENETUNREACH');
    const status = this.#real.connect6.call(handle, decision.address, port);
    if (status !== 0) return status;
    facade.peer = address === '0.0.0.0' ? '127.0.0.1' : address;
    if (decision.step === 'pool') useWhileOpen(this.#context.pool, handle, address);
    return 0;
  }

  /**
   * Until the prefix is known, an address that needs it is waited for where lib/dgram.js waits anyhow: in the look-up before
   * a connect or a send. A UDP connect itself is synchronous.
   */
  #waitInLookup(handle: UdpHandle): void {
    const { lookup } = handle;
    const { prefixes, translator } = this.#context;
    if (!lookup) return;
    handle.lookup = (address, callback) =>
      lookup(address, (error, ip, family) => {
        const known = () => callback(error, ip, family);
        if (prefixes.list() !== undefined) handle.lookup = lookup;
        if (error || ip === undefined || !isIPv4(ip) || translator.destination(ip).kind !== 'wait') known();
        else void prefixes.ready().then(known);
      });
  }

  #sendOf(handle: UdpHandle): UdpHandle['send'] {
    const { send, send6 } = this.#real;
    const { translator } = this.#context;
    const facade = this.#facades.get(handle) as Facade;
    const mapped = facade.view === 'mapped';
    // A socket that shares a port sends by the one that has it.
    const carrier = this.#shared.carrierOf(handle);
    return (req, list, count, port, address, hasCallback) => {
      // On a connected socket: (req, list, count, hasCallback).
      if (address === undefined) return Reflect.apply(send, handle, [req, list, count, port]);
      if (address === facade.plain) return send6.call(carrier, req, list, count, port, address, hasCallback);
      const ipv4 = mapped ? mappedIPv4(address) : address.includes(':') ? undefined : address;
      if (ipv4 === undefined) {
        if (mapped && translator.embedded(address) !== undefined) noteWritten(facade, address);
        facade.plain = address;
        return send6.call(carrier, req, list, count, port, address, hasCallback);
      }
      const decision = translator.destination(ipv4, { port, protocol: 'udp' });
      if (sendChannel.hasSubscribers) {
        sendChannel.publish({
          protocol: 'udp',
          address,
          port,
          host: undefined,
          decision,
          owner: this.#ownerOf(handle),
        });
      }
      if (decision.kind === 'translate' || decision.kind === 'direct') {
        if (decision.step === 'multicast') {
          const group = this.#groups.destination(handle, facade, ipv4, decision.address);
          if (typeof group === 'number') return group;
          return send6.call(carrier, req, list, count, port, group, hasCallback);
        }
        const by = decision.kind === 'direct' ? handle : carrier;
        return send6.call(by, req, list, count, port, decision.address, hasCallback);
      }
      return this.#sendLater(handle, decision, req, list, count, port, address);
    };
  }

  /** What cannot be sent now: held until the prefix is known, or refused with a cause. */
  #sendLater(
    handle: UdpHandle,
    decision: Extract<Decision, { kind: 'refuse' | 'wait' }>,
    req: SendRequest,
    list: unknown,
    count: number,
    port: number,
    address: string,
  ): Errno {
    if (decision.kind === 'refuse') {
      this.#context.counters.sends.refused++;
      const { callback } = req;
      if (callback) {
        req.callback = (error, sent) => {
          if (error) error.cause ??= decision.cause;
          callback(error, sent);
        };
        // Later: a send that completes inside its own callback would never yield.
        setImmediate(() => req.oncomplete?.(errnoOf(decision.errno), 0));
        return 0;
      }
      return errnoOf(decision.errno);
    }
    void this.#context.prefixes.ready().then(() => {
      const status = handle.send(req, list, count, port, address, true);
      if (status < 0) req.oncomplete?.(status, 0);
      else if (status > 0) req.oncomplete?.(0, status - 1);
    });
    return 0;
  }

  #recvStart(handle: UdpHandle): Errno {
    const inner = handle.onmessage;
    const facade = this.#facades.get(handle);
    if (inner && !wrapped.has(inner)) {
      const context = this.#context;
      const receive: OnMessage = (nread, self, buffer, rinfo) => {
        // An error has no sender.
        if (rinfo && facade && facade.written?.has(rinfo.address) !== true) showSender(context, facade.view, rinfo);
        inner.call(handle, facade === undefined || nread >= 0 ? nread : asOverIPv4(nread), self, buffer, rinfo);
      };
      const onmessage = this.#shared.receiver(handle, receive);
      wrapped.add(onmessage);
      handle.onmessage = onmessage;
    }
    return this.#shared.recvStart(handle);
  }

  #ownerOf(handle: object): object | undefined {
    return (handle as Record<symbol, object | undefined>)[this.#context.classes.ownerSymbol];
  }
}

const wrapped = new WeakSet<object>();

const MAX_WRITTEN = 1024;

function noteWritten(facade: Facade, address: string): void {
  facade.written ??= new Set();
  if (facade.written.size >= MAX_WRITTEN) facade.written.clear();
  facade.written.add(canonicalIPv6(address));
}

function showSender(context: HookContext, view: View, rinfo: RemoteInfo): void {
  if (rinfo.address === '::1') {
    const source = context.flows.udp.source(rinfo.port, view);
    if (source !== undefined) {
      rinfo.address = view === 'ipv4' ? source : MAPPED + source;
      if (view === 'ipv4') rinfo.family = 'IPv4';
      return;
    }
  }
  showPeer(context, view, rinfo);
}

/** lib/dgram.js gives a udp6 handle `bind`, `connect` and `send` of its own: the `…6` ones. */
function isUdp6(handle: UdpHandle): boolean {
  return Object.hasOwn(handle, 'bind') && handle.bind === handle.bind6;
}

function pick(p: UdpHandle) {
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
