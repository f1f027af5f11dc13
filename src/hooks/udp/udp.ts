import type { HookContext } from '../context';
import { textOf } from '../handle/address-text';
import type { UdpHandle } from '../node-internals';
import { patch } from '../patch';
import { UdpSockets } from './sockets';
import { isUdp6 } from './state';

/** The part of the UDP hooks that other hooks need. */
export interface UdpHooks {
  readonly sockets: UdpSockets;
}

/**
 * Patches the methods through which a UDP handle becomes a facade. A facade has its own methods. All other methods of
 * Node stay unchanged.
 */
export function patchUdp(context: HookContext): UdpHooks {
  const sockets = new UdpSockets(context);
  const { real } = sockets;
  const p = context.classes.Udp.prototype;
  const ensured = (method: 'connect' | 'send') =>
    patch(
      p,
      method,
      () =>
        ({
          [method](this: UdpHandle, ...args: unknown[]) {
            const isFacade = !isUdp6(this) && sockets.ensure(this);
            if (typeof isFacade === 'number') return isFacade;
            // lib/dgram.js gives a handle from elsewhere the `send` of the handle that it replaces.
            const call = isFacade ? (Object.getPrototypeOf(this) as UdpHandle)[method] : real[method];
            return Reflect.apply(call, this, args);
          },
        })[method] as never,
    );
  patch(
    p,
    'bind',
    () =>
      ({
        bind(this: UdpHandle, address: string, port: number, flags: number) {
          return sockets.bind(this, textOf(address) ?? address, port, flags);
        },
      }).bind,
  );
  patch(
    p,
    'bind6',
    () =>
      ({
        bind6(this: UdpHandle, address: string, port: number, flags: number) {
          return sockets.udp6.bind(this, textOf(address) ?? address, port, flags);
        },
      }).bind6,
  );
  ensured('connect');
  ensured('send');
  for (const method of GROUPS)
    patch(
      p,
      method,
      () =>
        ({
          [method](this: UdpHandle, ...args: string[]) {
            return sockets.groups.call(this, method, args);
          },
        })[method] as never,
    );
  patch(
    p,
    'recvStart',
    () =>
      ({
        recvStart(this: UdpHandle) {
          const isFacade = !isUdp6(this) && sockets.ensure(this);
          if (typeof isFacade === 'number') return isFacade;
          return isFacade ? this.recvStart() : sockets.udp6.recvStart(this);
        },
      }).recvStart,
  );
  patch(
    p,
    'open',
    () =>
      ({
        open(this: UdpHandle, fd: number) {
          const status = real.open.call(this, fd);
          if (status === 0 && !isUdp6(this)) sockets.ensure(this);
          return status;
        },
      }).open,
  );
  return { sockets };
}

const GROUPS = [
  'addMembership',
  'dropMembership',
  'addSourceSpecificMembership',
  'dropSourceSpecificMembership',
  'setMulticastInterface',
] as const;
