import { isIPv4 } from 'node:net';
import type { HandleState } from '../handle/handle-state';
import type { RealUdp } from '../handle/real-methods';
import { socketName } from '../handle/socket-name';
import type { Errno, UdpHandle } from '../node-internals';
import type { GroupMethod } from './groups';
import type { UdpParts } from './parts';
import { isUdp6, stateOf } from './state';
import { Udp6Groups } from './udp6-groups';
import type { UnboundSockets } from './unbound';

interface Sockets {
  /** Makes a handle a facade of a udp4 socket. libuv binds a socket in the same way before it joins a group. */
  readonly ensure: (handle: UdpHandle) => boolean | Errno;
  /** Handles that v6only leaves unchanged. */
  readonly left: HandleState<true>;
}

/** Group calls on a handle that is not a facade of a udp4 socket, or not yet one. */
export class HandleGroups {
  readonly #real: RealUdp;
  readonly #udp6: Udp6Groups;
  readonly #sockets: Sockets;

  constructor(parts: UdpParts, unbound: UnboundSockets, sockets: Sockets) {
    this.#real = parts.real;
    this.#udp6 = new Udp6Groups(parts, unbound);
    this.#sockets = sockets;
  }

  call(handle: UdpHandle, method: GroupMethod, args: readonly string[]): Errno {
    const real = this.#real[method];
    const isSix = isUdp6(handle);
    if (!areIPv4(method, args)) {
      const status = Reflect.apply(real, handle, args);
      if (!isSix) this.#leaveIfIPv6(handle);
      return status;
    }
    const name = socketName(handle, this.#real.getsockname);
    const isMade = name.port !== undefined;
    const isIPv6 = isSix || this.#sockets.left.get(handle) === true || stateOf(handle)?.view === 'mapped';
    if (name.family === 'IPv6' && isIPv6) return this.#udp6.call(handle, method, args);
    // After a failed bind the handle is already an AF_INET socket.
    if (name.port === 0 && stateOf(handle) === undefined) return Reflect.apply(real, handle, args);
    // Before a group call libuv binds an unbound socket as AF_INET, whatever type it has for the program.
    const isFacade = method !== 'setMulticastInterface' && !(isMade && isSix) && this.#sockets.ensure(handle);
    if (typeof isFacade === 'number') return isFacade;
    return Reflect.apply(isFacade ? (Object.getPrototypeOf(handle) as UdpHandle)[method] : real, handle, args);
  }

  /** If an unbound socket joins an IPv6 group, libuv makes it an AF_INET6 socket. v6only then leaves it unchanged. */
  #leaveIfIPv6(handle: UdpHandle): void {
    if (stateOf(handle) !== undefined) return;
    const { family, port } = socketName(handle, this.#real.getsockname);
    if (family === 'IPv6' && port !== 0) this.#sockets.left.set(handle, true);
  }
}

/** libuv reads the addresses before it binds. It rejects, or joins, a group that is not IPv4 by itself. */
function areIPv4(method: GroupMethod, args: readonly unknown[]): boolean {
  const addresses = method.endsWith('SourceSpecificMembership') ? 2 : 1;
  return args.slice(0, addresses).every((address) => typeof address === 'string' && isIPv4(address));
}
