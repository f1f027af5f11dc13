import type { HookContext } from '../context';
import { textOf } from '../handle/address-text';
import type { Errno, UdpHandle } from '../node-internals';
import { patch, patchMethods } from '../patch';
import { refuseConnect, refuseSend } from './failed-send';
import { GROUP_METHODS } from './groups';
import { UdpSockets } from './sockets';
import { isUdp6 } from './state';
import { explainSyncCalls } from './sync-calls';

/**
 * Patches the methods through which a UDP handle becomes a facade. A facade has its own methods. All other methods of
 * Node stay unchanged.
 */
export function patchUdp(context: HookContext): UdpSockets {
  const sockets = new UdpSockets(context);
  const { real } = sockets;
  const { prototype } = context.classes.Udp;
  const onceFacade = (method: 'connect' | 'send') =>
    function (this: UdpHandle, ...args: unknown[]): Errno {
      const isFacade = !isUdp6(this) && sockets.ensure(this);
      if (typeof isFacade === 'number') return isFacade;
      // lib/dgram.js gives a handle from elsewhere the `send` of the handle that it replaces.
      const call = isFacade ? (Object.getPrototypeOf(this) as UdpHandle)[method] : real[method];
      return Reflect.apply(call, this, args);
    };
  patchMethods(prototype, {
    bind(address, port, flags) {
      return sockets.bind(this, textOf(address) ?? address, port, flags);
    },
    bind6(address, port, flags) {
      return sockets.udp6.bind(this, textOf(address) ?? address, port, flags);
    },
    connect: onceFacade('connect'),
    send: onceFacade('send'),
    recvStart() {
      const isFacade = !isUdp6(this) && sockets.ensure(this);
      if (typeof isFacade === 'number') return isFacade;
      return isFacade ? this.recvStart() : sockets.udp6.recvStart(this);
    },
    open(fd) {
      const status = real.open.call(this, fd);
      if (status === 0 && !isUdp6(this)) sockets.ensure(this);
      return status;
    },
  });
  explainSyncCalls();
  if (sockets.askedName.isNeeded) refuseNames(context, sockets);
  for (const method of GROUP_METHODS)
    patch(
      prototype,
      method,
      () =>
        function (this: UdpHandle, ...args: string[]) {
          return sockets.groups.call(this, method, args);
        },
    );
  return sockets;
}

/** A name that a rule refuses is refused to udp6 sockets that are no facades, too. lib/dgram.js gives them these methods. */
function refuseNames(context: HookContext, { real, askedName }: UdpSockets): void {
  patchMethods(context.classes.Udp.prototype, {
    send6(...args) {
      // On a connected socket the fourth and last argument is another one.
      const refusal = args[5] === undefined ? undefined : askedName.refusal(args[3]);
      return refusal ? refuseSend(context, args[0], refusal) : Reflect.apply(real.send6, this, args);
    },
    connect6(address, port) {
      const refusal = askedName.refusal(port);
      return refusal ? refuseConnect(context, this, refusal, address) : real.connect6.call(this, address, port);
    },
  });
}
