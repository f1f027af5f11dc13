import { isIPv4 } from 'node:net';
import type { HookContext } from '../context';
import { textOf } from '../handle/address-text';
import { type UdpHandle, UV_UDP_REUSEADDR } from '../node-internals';
import { patch } from '../patch';
import { UdpSockets } from './sockets';

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
  const ensured = <M extends 'connect' | 'send' | Membership>(method: M, flags?: number) =>
    patch(
      p,
      method,
      () =>
        ({
          [method](this: UdpHandle, ...args: unknown[]) {
            const isFacade = !isUdp6(this) && isOfIPv4(method, args) && sockets.ensure(this, flags);
            // lib/dgram.js gives a handle from elsewhere the `send` of the handle that it replaces.
            const call = isFacade ? (Object.getPrototypeOf(this) as UdpHandle)[method] : real[method];
            const status = Reflect.apply(call, this, args);
            if (!isFacade && flags !== undefined && !isUdp6(this)) sockets.leaveIfIPv6(this);
            return status;
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
  // libuv binds an unbound socket with this flag before it joins or leaves a group.
  for (const method of MEMBERSHIPS) ensured(method, UV_UDP_REUSEADDR);
  patch(
    p,
    'recvStart',
    () =>
      ({
        recvStart(this: UdpHandle) {
          if (!isUdp6(this) && sockets.ensure(this)) return this.recvStart();
          return sockets.udp6.recvStart(this);
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

const MEMBERSHIPS = [
  'addMembership',
  'dropMembership',
  'addSourceSpecificMembership',
  'dropSourceSpecificMembership',
] as const;
type Membership = (typeof MEMBERSHIPS)[number];

/** libuv reads the addresses before it binds. It rejects, or joins, a group that is not IPv4 by itself. */
function isOfIPv4(method: string, args: readonly unknown[]): boolean {
  const addresses = method.endsWith('SourceSpecificMembership') ? 2 : method.endsWith('Membership') ? 1 : 0;
  return args.slice(0, addresses).every((address) => typeof address === 'string' && isIPv4(address));
}

/** lib/dgram.js gives a udp6 handle its own `bind`, `connect` and `send`: the `…6` methods. */
function isUdp6(handle: UdpHandle): boolean {
  return Object.hasOwn(handle, 'bind') && handle.bind === handle.bind6;
}
