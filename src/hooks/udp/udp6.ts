import net from 'node:net';
import { isLoopbackIPv6 } from '../../address/ipv6';
import { MAPPED, mappedIPv4 } from '../../address/mapped';
import { BROADCAST } from '../../address/multicast';
import { connectChannel } from '../diagnostics';
import { textOf } from '../handle/address-text';
import { blockListsOf, isBlocked } from '../handle/block-lists';
import { errnoOf } from '../handle/errno';
import { learnForPeers } from '../handle/learn-for-peers';
import { ipv4Meant, ofOtherFamily } from '../handle/mapped-socket';
import { socketName } from '../handle/socket-name';
import { showLocal, showPeer } from '../handle/view';
import { type Errno, type OnMessage, type UdpHandle, UV_IPV6ONLY } from '../node-internals';
import { ipv6Endpoint } from '../ports/port-table';
import { publish } from '../publish';
import { watchConnect } from './connect-lookup';
import { explainConnect, refuseConnect } from './failed-send';
import type { UdpParts } from './parts';
import { decide, ownAddress } from './peers';
import type { Senders } from './send';
import { forgetPeer, MappedState, mappedOf, setState, stateOf } from './state';
import { loseWayBack } from './way-back';

const { isIPv6 } = net;

/**
 * `::` in a special spelling. The cluster's primary finds handles by the address in the query, so this keeps the second
 * socket of 0.0.0.0 apart from a socket that the program itself has on `::`.
 */
export const SECOND_ANY = '0:0:0:0:0:0:0:0';

/**
 * udp6 sockets. A dual one sees NAT64 peers as `::ffff:a.b.c.d`, and sends to such addresses through the NAT64, as on a
 * dual-stack host. All others are Node's own, but may share a port.
 */
export class Udp6Sockets {
  readonly #parts: UdpParts;
  readonly #senders: Senders;
  readonly #prototype: UdpHandle;
  readonly #wrapped = new WeakSet<OnMessage>();

  constructor(parts: UdpParts, senders: Senders) {
    this.#parts = parts;
    this.#senders = senders;
    this.#prototype = this.#methods();
  }

  adopt(handle: UdpHandle, local: string | undefined): void {
    setState(handle, new MappedState(handle, local), this.#prototype);
    // lib/dgram.js sets these as own properties of a udp6 handle.
    handle.send = this.#prototype.send6;
    handle.connect = this.#prototype.connect6;
    watchConnect(this.#parts, handle);
  }

  /** `bind6`, which lib/dgram.js sets as the `bind` of a udp6 handle. */
  bind(handle: UdpHandle, address: string, port: number, flags: number): Errno {
    const { context, real, ports } = this.#parts;
    if (typeof address !== 'string' || !isIPv6(address) || stateOf(handle))
      return real.bind6.call(handle, address, port, flags);
    const ipv4 = mappedIPv4(address);
    // A handle without an owner belongs to the cluster's primary, which uses it for its workers.
    if (address === SECOND_ANY && context.classes.ownerOf(handle) === undefined)
      return ports.bind(handle, { ...ipv6Endpoint('::', port, flags), address: '0.0.0.0', family: 4 }, flags);
    if (ipv4 !== undefined) return this.#bindMapped(handle, ipv4, address, port, flags);
    const endpoint = ipv6Endpoint(address, port, flags);
    const status = ports.bind(handle, endpoint, flags);
    if (status !== 0 || endpoint.address !== '::' || endpoint.v6only) return status;
    this.adopt(handle, undefined);
    if (port !== 0) learnForPeers(context, address);
    return 0;
  }

  /**
   * A socket bound to an IPv4-mapped address is an IPv4 socket, as in the kernel. An IPv6-only socket cannot be bound
   * to one.
   */
  #bindMapped(handle: UdpHandle, ipv4: string, address: string, port: number, flags: number): Errno {
    const { context, real, ports } = this.#parts;
    const decision = context.translator.local(ipv4);
    if (decision.kind !== 'translate' || (flags & UV_IPV6ONLY) !== 0)
      return real.bind6.call(handle, address, port, flags);
    const endpoint = { address: ipv4, kernelAddress: decision.address, port, family: 4, v6only: false } as const;
    const status = ports.bind(handle, endpoint, flags);
    if (status === 0) this.adopt(handle, MAPPED + ipv4);
    return status;
  }

  /** `recvStart` of a handle that is not a facade. */
  recvStart(handle: UdpHandle): Errno {
    const { ports } = this.#parts;
    if (!ports.has(handle) && this.#adoptReceived(handle)) return handle.recvStart();
    const inner = handle.onmessage;
    if (inner && ports.has(handle) && !this.#wrapped.has(inner)) {
      handle.onmessage = ports.receiver(handle, inner);
      this.#wrapped.add(handle.onmessage);
    }
    return ports.recvStart(handle);
  }

  /**
   * A handle on `::` that no `bind` of this process has bound came from another process, or from a descriptor. The kernel
   * does not tell libuv whether it is IPv6-only, so it counts as dual.
   */
  #adoptReceived(handle: UdpHandle): boolean {
    const { context, real, ports } = this.#parts;
    const { address, port } = socketName(handle, real.getsockname);
    if (address !== '::' || port === undefined) return false;
    ports.adopt(handle, ipv6Endpoint(address, port, 0));
    this.adopt(handle, undefined);
    learnForPeers(context, '::');
    return true;
  }

  /**
   * Connects the socket anew, by what is decided now, or as `before` if this fails.
   * @returns whether it worked
   */
  #again(state: MappedState, address: string, port: number, before: string): boolean {
    const { real } = this.#parts;
    const { handle } = state;
    const name = socketName(handle, real.getsockname);
    if (name.port === undefined) return false;
    real.disconnect.call(handle);
    // The kernel has released a port that it had chosen.
    real.bind6.call(handle, '::', name.port, 0);
    if (this.#connect(state, address, port) === 0) return true;
    real.connect6.call(handle, before, port);
    return false;
  }

  #connect(state: MappedState, address: string, port: number): Errno {
    const { context, real, groups, byRoute, nat64Peers, askedName } = this.#parts;
    const { handle } = state;
    const refusal = askedName.refusal(port);
    if (refusal) return refuseConnect(context, handle, refusal, address);
    const meant = ipv4Meant(address, state.local !== undefined);
    if (meant === undefined) {
      if (state.local !== undefined && isIPv6(address)) return ofOtherFamily(context, address, port, 'udp');
      const status = real.connect6.call(handle, address, port);
      if (status === 0 && isLoopbackIPv6(address)) state.loopbackPeer = { family: 6, address: '::1', port };
      return status;
    }
    const ipv4 = ownAddress(state, meant);
    const decision = decide(this.#parts, state, ipv4, port);
    publish(connectChannel, context, handle, 'udp', meant, port, decision);
    if (decision.kind === 'refuse' || decision.kind === 'wait') return refuseConnect(context, handle, decision, ipv4);
    if (decision.kind === 'direct') {
      const direct = real.connect6.call(handle, address, port);
      if (direct === 0 && decision.step === 'route' && state.local === undefined)
        byRoute.connected(state, ipv4, port, () => this.#again(state, address, port, address));
      return direct;
    }
    if (ipv4 === BROADCAST && !state.broadcast) return errnoOf('EACCES');
    if (isBlocked(state.blockLists?.sendBlockList, decision)) return errnoOf('EACCES');
    // The kernel connects to a group of the link only by an interface.
    const to = decision.step === 'multicast' ? groups.zoned(decision.address, state.multicastZone) : decision.address;
    const status = real.connect6.call(handle, to, port);
    if (status !== 0 && loseWayBack(state, decision, status, { ipv4, port }))
      return this.#connect(state, address, port);
    if (status !== 0) {
      explainConnect(context, handle, decision, status, ipv4, port);
      return status;
    }
    state.peer = MAPPED + ipv4;
    if (decision.step === 'loopback' && decision.address === '::1')
      state.loopbackPeer = { family: 4, address: ipv4, port };
    if (decision.step === 'pool') state.endUse = context.pool.use(ipv4);
    if (decision.step === 'nat64') {
      const again = () => void this.#again(state, address, port, decision.address);
      nat64Peers.connected(state, decision.address, { ipv4, port, again });
    }
    return 0;
  }

  #methods(): UdpHandle {
    const { context, real, ports, seconds, byRoute, nat64Peers } = this.#parts;
    const senders = this.#senders;
    const connect = (state: MappedState, address: string, port: number) => this.#connect(state, address, port);
    const methods = {
      send6(this: UdpHandle, req, list, count, port, address, hasCallback) {
        // On a connected socket the arguments are (req, list, count, hasCallback).
        if (hasCallback === undefined) {
          return senders.sendConnected(mappedOf(this), req, list, count, port as unknown as boolean);
        }
        return senders.sendMapped(mappedOf(this), req, list, count, port, address, hasCallback);
      },
      connect6(this: UdpHandle, address, port) {
        return connect(mappedOf(this), textOf(address) ?? address, port);
      },
      disconnect(this: UdpHandle) {
        const state = mappedOf(this);
        forgetPeer(state);
        byRoute.forget(state);
        nat64Peers.forget(state);
        return real.disconnect.call(this);
      },
      setBroadcast(this: UdpHandle, on) {
        const status = real.setBroadcast.call(this, on);
        if (status === 0) mappedOf(this).broadcast = on !== 0;
        return status;
      },
      recvStart(this: UdpHandle) {
        const state = mappedOf(this);
        state.blockLists = blockListsOf(context, this);
        const inner = this.onmessage;
        if (inner && inner !== state.receiver) {
          state.receiver = ports.receiver(this, seconds.receivers.mapped(state, inner));
          this.onmessage = state.receiver;
        }
        return ports.recvStart(this);
      },
      getsockname(this: UdpHandle, out) {
        const status = real.getsockname.call(this, out);
        if (status !== 0) return status;
        const { local, peer } = mappedOf(this);
        showLocal(context, 'mapped', out, local, peer !== undefined);
        return 0;
      },
      getpeername(this: UdpHandle, out) {
        const status = real.getpeername.call(this, out);
        if (status === 0) showPeer(context, 'mapped', out, mappedOf(this).peer);
        return status;
      },
      close(this: UdpHandle, callback) {
        const state = mappedOf(this);
        forgetPeer(state);
        byRoute.forget(state);
        nat64Peers.forget(state);
        real.close.call(this, callback);
      },
    } satisfies Partial<UdpHandle>;
    return Object.setPrototypeOf(methods, context.classes.Udp.prototype) as UdpHandle;
  }
}
