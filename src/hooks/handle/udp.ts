import type { HookContext } from '../context';
import { patch, type Undo } from '../patch';
import { type UdpHandle, UV_UDP_REUSEADDR } from './internals';
import { UdpFacades } from './udp-facade';

/** What other hooks need of the UDP handle's. */
export interface UdpHooks {
  readonly facades: UdpFacades;
  readonly undo: Undo[];
}

/** Patches the UDP handle: IPv4 for the program, AF_INET6 for the kernel. */
export function patchUdp(context: HookContext): UdpHooks {
  const facades = new UdpFacades(context);
  const { real } = facades;
  const p = context.classes.Udp.prototype;
  const undo = [
    patch(
      p,
      'bind',
      () =>
        ({
          bind(this: UdpHandle, address: string, port: number, flags: number) {
            return facades.bind(this, address, port, flags);
          },
        }).bind,
    ),
    patch(
      p,
      'bind6',
      () =>
        ({
          bind6(this: UdpHandle, address: string, port: number, flags: number) {
            return facades.bind6(this, address, port, flags);
          },
        }).bind6,
    ),
    patch(
      p,
      'connect',
      () =>
        ({
          connect(this: UdpHandle, address: string, port: number) {
            return facades.ensure(this) ? this.connect(address, port) : real.connect.call(this, address, port);
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
            if (facades.ensure(this, true)) return Reflect.apply(facades.sendOf(this), this, args);
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
            if (!isUdp6(this)) facades.ensure(this);
            return facades.isWatched(this) ? facades.recvStart(this) : real.recvStart.call(this);
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
              if (!isUdp6(this) && facades.ensure(this, false, UV_UDP_REUSEADDR))
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
            if (status === 0 && !isUdp6(this)) facades.ensure(this);
            return status;
          },
        }).open,
    ),
  ];
  return { facades, undo };
}

/** lib/dgram.js gives a udp6 handle `bind`, `connect` and `send` of its own: the `…6` ones. */
function isUdp6(handle: UdpHandle): boolean {
  return Object.hasOwn(handle, 'bind') && handle.bind === handle.bind6;
}
