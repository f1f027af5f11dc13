import { isIPv4 } from 'node:net';
import type { HookContext } from '../context';
import type { HandleState } from '../handle/handle-state';
import type { RealUdp } from '../handle/real-udp';
import type { Errno, SocketName, UdpHandle } from '../node-internals';
import type { GroupMethod, UdpGroups } from './groups';
import { stateOf } from './state';
import { Udp6Groups } from './udp6-groups';
import type { UnboundSockets } from './unbound';

interface Sockets {
  /** Makes a handle a facade of a udp4 socket, bound as libuv would bind it for a group. */
  readonly ensure: (handle: UdpHandle) => boolean;
  /** The handles that are no matter of ours. */
  readonly left: HandleState<true>;
}

/** What is said of groups to a handle that is no facade of a udp4 socket, or none yet. */
export class HandleGroups {
  readonly #real: RealUdp;
  readonly #udp6: Udp6Groups;
  readonly #sockets: Sockets;

  constructor(context: HookContext, real: RealUdp, groups: UdpGroups, unbound: UnboundSockets, sockets: Sockets) {
    this.#real = real;
    this.#udp6 = new Udp6Groups(context, real, groups, unbound);
    this.#sockets = sockets;
  }

  call(handle: UdpHandle, method: GroupMethod, args: readonly string[]): Errno {
    const real = this.#real[method];
    const isUdp6 = Object.hasOwn(handle, 'bind') && handle.bind === handle.bind6;
    if (!areIPv4(method, args)) {
      const status = Reflect.apply(real, handle, args);
      if (!isUdp6) this.#leaveIfIPv6(handle);
      return status;
    }
    const name: SocketName = {};
    const isMade = this.#real.getsockname.call(handle, name) === 0;
    const isIPv6 = isUdp6 || this.#sockets.left.get(handle) === true || stateOf(handle)?.view === 'mapped';
    if (isMade && name.family === 'IPv6' && isIPv6) return this.#udp6.call(handle, method, args);
    // What could not be bound is an AF_INET socket already.
    if (isMade && name.port === 0 && stateOf(handle) === undefined) return Reflect.apply(real, handle, args);
    // libuv binds for a group what is not bound yet, as AF_INET, of whatever type it is to the program.
    const isFacade = method !== 'setMulticastInterface' && !(isMade && isUdp6) && this.#sockets.ensure(handle);
    return Reflect.apply(isFacade ? (Object.getPrototypeOf(handle) as UdpHandle)[method] : real, handle, args);
  }

  /** libuv makes an AF_INET6 socket of one that is not bound yet and joins an IPv6 group; from then on it is no matter of ours. */
  #leaveIfIPv6(handle: UdpHandle): void {
    const name: SocketName = {};
    const isNamed = stateOf(handle) === undefined && this.#real.getsockname.call(handle, name) === 0;
    if (isNamed && name.family === 'IPv6' && name.port !== 0) this.#sockets.left.set(handle, true);
  }
}

/** libuv binds nothing before it has read the addresses, and what is no IPv4 group is its own to refuse, or to join. */
function areIPv4(method: GroupMethod, args: readonly unknown[]): boolean {
  const addresses = method.endsWith('SourceSpecificMembership') ? 2 : 1;
  return args.slice(0, addresses).every((address) => typeof address === 'string' && isIPv4(address));
}
