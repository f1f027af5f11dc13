import { HandleState } from '../handle/handle-state';
import { socketName } from '../handle/socket-name';
import { showUnbound } from '../handle/view';
import type { UdpHandle } from '../node-internals';
import type { UdpParts } from './parts';
import { type MappedState, NOT_BOUND, UdpState } from './state';
import { optionsAndGroups } from './udp4';

/** No socket can be bound to these addresses. libuv creates the socket before the bind fails. */
const NOWHERE = { 4: '240.0.0.1', 6: 'fe80::' } as const;

/**
 * udp4 sockets whose bind has failed. Natively such a socket is an AF_INET socket without an address: the program can set
 * options, join groups, and bind it to another address. The family for that address is not known yet. So the program's
 * handle stays without a kernel socket, and a stand-in receives the calls until the handle is bound.
 */
export class UnboundSockets {
  readonly #parts: UdpParts;
  readonly #prototype: UdpHandle;
  readonly #states = new HandleState<UdpState | undefined>('unbound');

  constructor(parts: UdpParts) {
    this.#parts = parts;
    this.#prototype = this.#methods();
  }

  /** Gives a handle whose bind has failed a stand-in. `family` is that of the kernel socket which IPv4 needs on this host. */
  leave(handle: UdpHandle, family: 4 | 6): void {
    if (this.#states.get(handle)) return;
    const state = this.standIn(family);
    // No socket could be made, for example because no descriptor is left. Natively there is none either.
    if (socketName(state.handle, this.#parts.real.getsockname).port === undefined) return;
    this.#states.set(handle, state);
    Object.setPrototypeOf(handle, this.#prototype);
  }

  /** The state of a new socket without an address, which no socket of the program has. */
  standIn(family: 4 | 6): UdpState {
    const { Udp } = this.#parts.context.classes;
    const handle = new Udp();
    if (family === 4) this.#parts.real.bind.call(handle, NOWHERE[4], 0, 0);
    else this.#parts.real.bind6.call(handle, NOWHERE[6], 0, 0);
    return new UdpState(handle, family, NOT_BOUND);
  }

  /** `handle` is now bound. It gets the options and groups that the program has set on its stand-in. */
  bound(handle: UdpHandle, state: UdpState | MappedState | undefined): void {
    const from = this.#take(handle);
    if (from === undefined || state?.view !== 'ipv4') return;
    const { seconds, groups } = this.#parts;
    for (const [method, value] of from.options ?? []) seconds.set(state, method, value);
    for (const [isReceive, size] of from.bufferSizes ?? []) seconds.bufferSize(state, size, isReceive, {});
    groups.repeat(from, state);
  }

  /** Closes the stand-in and returns its state. */
  #take(handle: UdpHandle): UdpState | undefined {
    const state = this.#states.get(handle);
    if (state === undefined) return undefined;
    this.#states.set(handle, undefined);
    this.#parts.seconds.close(state);
    this.#parts.real.close.call(state.handle);
    return state;
  }

  #methods(): UdpHandle {
    const { prototype } = this.#parts.context.classes.Udp;
    const take = (handle: UdpHandle) => this.#take(handle);
    const methods = {
      ...optionsAndGroups(this.#parts, (handle) => this.#states.get(handle) as UdpState),
      getsockname(this: UdpHandle, out) {
        return showUnbound(out);
      },
      close(this: UdpHandle, callback) {
        take(this);
        prototype.close.call(this, callback);
      },
    } satisfies Partial<UdpHandle>;
    return Object.setPrototypeOf(methods, prototype) as UdpHandle;
  }
}
