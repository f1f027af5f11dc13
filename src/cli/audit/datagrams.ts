import dgram from 'node:dgram';
import { isIPv4 } from 'node:net';
import type { SocketEvent } from '../../hooks/diagnostics';
import { findHandleClasses, type UdpHandle } from '../../hooks/node-internals';
import { patch } from '../../hooks/patch';
import type { Calls, Method } from './calls';
import type { AuditEntry } from './entry';
import type { Recorder } from './recorder';
import { countSent, countSocket } from './sockets';

/** `send` reports its result to its callback. */
export function watchSend(calls: Calls, recorder: Recorder): void {
  const wrap = (real: Method): Method =>
    function (this: unknown, ...args: unknown[]) {
      const callback = args.at(-1);
      if (typeof callback !== 'function') {
        return calls.run(calls.begin('send', this), () => Reflect.apply(real, this, args as never));
      }
      const pending: AuditEntry[] = [];
      const told = function (this: unknown, ...results: unknown[]): unknown {
        const error = results[0] as NodeJS.ErrnoException | null | undefined;
        for (const entry of pending) recorder.outcome(entry, error ? (error.code ?? error.message) : 'sent');
        return Reflect.apply(callback, this, results);
      };
      const list = [...args.slice(0, -1), told] as never;
      return calls.run(calls.begin('send', this, pending), () => Reflect.apply(real, this, list));
    };
  patch(dgram.Socket.prototype, 'send', wrap as never);
}

/**
 * On a socket that was left on IPv4 the hook makes no further decisions and publishes none, so the handle itself is
 * watched.
 */
export function watchUntouchedSockets(calls: Calls, recorder: Recorder): void {
  const { Udp } = findHandleClasses();
  patch(Udp.prototype, 'send', (real) => {
    return function (this: UdpHandle, ...args) {
      const status = Reflect.apply(real, this, args);
      const [, , , port, address] = args;
      if (isUntouched(this) && typeof address === 'string' && isIPv4(address)) {
        countSent(calls, recorder, untouched(address, port));
      }
      return status;
    };
  });
  patch(Udp.prototype, 'connect', (real) => {
    return function (this: UdpHandle, address, port) {
      const status = Reflect.apply(real, this, [address, port]);
      if (isUntouched(this) && isIPv4(address)) {
        const entry = countSocket(calls, 'connect', untouched(address, port));
        recorder.outcome(entry, status === 0 ? 'connected' : 'failed');
      }
      return status;
    };
  });
}

/** A translated handle has its own methods. */
const isUntouched = (handle: UdpHandle): boolean => !Object.hasOwn(handle, 'getsockname');

const untouched = (address: string, port: number): SocketEvent => ({
  protocol: 'udp',
  address,
  port,
  host: undefined,
  owner: undefined,
  decision: { kind: 'direct', step: 'route', address, why: 'the socket was left on IPv4' },
});
