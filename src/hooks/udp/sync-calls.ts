import dgram from 'node:dgram';
import { explainThrown } from '../handle/next-error';
import { patch } from '../patch';

/** `bindSync` and `connectSync` (Node.js 24.21 and 26) throw their errors. These get the causes that emitted ones have. */
export function explainSyncCalls(): void {
  const prototype = dgram.Socket.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const method of ['bindSync', 'connectSync']) {
    if (typeof prototype[method] !== 'function') continue;
    patch(
      prototype,
      method,
      (real) =>
        function (this: object, ...args: unknown[]) {
          return explainThrown(this, () => Reflect.apply(real, this, args));
        },
    );
  }
}
