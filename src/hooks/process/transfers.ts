import net from 'node:net';
import { transferKeys } from '../node-internals';
import { patch } from '../patch';
import type { HandedOver, HandOvers } from '../tcp/hand-over';

/** What goes to the other thread. lib/net.js adds options. A thread without the hook ignores `v6only`. */
interface Moved {
  readonly handle: unknown;
  v6only?: HandedOver | undefined;
}

type Moving = Record<symbol, (...args: never[]) => unknown>;

/**
 * Patches sockets and servers that move to another thread (`postMessage(value, [socket])`, since Node.js 24.21 and 26).
 * As over IPC, the descriptor alone does not show that the program sees IPv4.
 */
export function patchTransfers(handOvers: HandOvers): void {
  const { BoundSocket } = net as { BoundSocket?: { readonly prototype: object } };
  for (const { prototype } of [net.Socket, net.Server, ...(BoundSocket ? [BoundSocket] : [])]) {
    const keys = transferKeys(prototype);
    if (!keys) continue;
    const moving = prototype as unknown as Moving;
    patch(moving, keys.list, (real) => {
      return function (this: unknown) {
        const handles = Reflect.apply(real, this as never, []) as readonly unknown[];
        for (const handle of handles) {
          if (handOvers.isTcpHandle(handle) && !handOvers.canLeave(handle)) throw shared();
        }
        return handles;
      };
    });
    patch(moving, keys.transfer, (real) => {
      return function (this: unknown) {
        const moved = Reflect.apply(real, this as never, []) as { readonly data: Moved };
        const { data } = moved;
        data.v6only = handOvers.describe(data.handle);
        if (handOvers.isTcpHandle(data.handle)) handOvers.leave(data.handle);
        return moved;
      };
    });
    patch(moving, keys.deserialize, (real) => {
      return function (this: unknown, data: Moved) {
        const handed = Object.hasOwn(data, 'v6only') ? data.v6only : undefined;
        if (handed && handOvers.isTcpHandle(data.handle)) handOvers.adopt(data.handle, handed, 'own');
        return Reflect.apply(real, this as never, [data as never]);
      } as never;
    });
  }
}

/** As lib/net.js refuses what cannot move. */
function shared(): Error {
  const error = new Error(
    'This server cannot move to another thread: on this host it shares a kernel socket with another server of the same port. Close the other one first',
  );
  return Object.assign(error, { code: 'ERR_WORKER_HANDLE_NOT_TRANSFERABLE' });
}
