import net from 'node:net';
import type { HookContext } from '../context';
import { HandleState } from '../handle/handle-state';
import { onClose } from '../handle/on-close';
import type { RealUdp } from '../handle/real-methods';
import type { Errno, UdpHandle } from '../node-internals';
import type { GroupMethod, UdpGroups } from './groups';
import type { UdpParts } from './parts';
import { NOT_BOUND, stateOf, UdpState } from './state';
import type { UnboundSockets } from './unbound';

const { isIPv4 } = net;

/**
 * IPv4 groups of AF_INET6 sockets. The kernel accepts the options of IPv4 on these sockets too. A dual socket receives what is
 * sent to the group, so it joins the IPv6 group of the same meaning. A socket with IPV6_V6ONLY receives nothing from an IPv4
 * group: a stand-in joins instead, so that the call succeeds or fails as it does natively.
 */
export class Udp6Groups {
  readonly #context: HookContext;
  readonly #real: RealUdp;
  readonly #groups: UdpGroups;
  readonly #unbound: UnboundSockets;
  readonly #states = new HandleState<UdpState>('IPv4 groups');

  constructor({ context, real, groups }: UdpParts, unbound: UnboundSockets) {
    this.#context = context;
    this.#real = real;
    this.#groups = groups;
    this.#unbound = unbound;
  }

  /** Makes a call with IPv4 addresses on an AF_INET6 handle. */
  call(handle: UdpHandle, method: GroupMethod, args: readonly string[]): Errno {
    if (this.#isNative(method, args)) return Reflect.apply(this.#real[method], handle, args);
    const state = this.#stateOf(handle);
    const status = this.#groups.call(state, method, args);
    const socket = stateOf(handle);
    if (socket?.view === 'mapped') socket.multicastZone = state.multicastZone;
    return status;
  }

  /** Whether the call concerns an interface that has IPv4. */
  #isNative(method: string, args: readonly string[]): boolean {
    const { translator } = this.#context;
    const by = method === 'setMulticastInterface' ? args[0] : args[method.includes('Source') ? 2 : 1];
    if (typeof by === 'string' && isIPv4(by) && by !== '0.0.0.0') return translator.local(by, 'udp').kind === 'direct';
    const group = method === 'setMulticastInterface' ? ANY_GROUP : args[method.includes('Source') ? 1 : 0];
    return translator.destination(group ?? '', { protocol: 'udp' }).kind === 'direct';
  }

  #stateOf(handle: UdpHandle): UdpState {
    const known = this.#states.get(handle);
    if (known) return known;
    const isDual = stateOf(handle)?.view === 'mapped';
    const state = isDual ? new UdpState(handle, 6, NOT_BOUND) : this.#unbound.standIn(6);
    this.#states.set(handle, state);
    if (!isDual) onClose(handle, () => this.#real.close.call(state.handle));
    return state;
  }
}

/** Stands for all groups, if a call names no group. */
const ANY_GROUP = '239.0.0.0';
