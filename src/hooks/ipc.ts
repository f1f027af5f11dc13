import { ChildProcess } from 'node:child_process';
import { isMainThread } from 'node:worker_threads';
import type { TcpHandle } from './handle/internals';
import { type Facade, type TcpFacades, UNKNOWN_ENDS } from './handle/tcp-facade';
import { patch, type Undo } from './patch';

/** An end of an IPC channel: a `ChildProcess`, or `process` in a child that has one. lib/internal/child_process.js. */
interface Channel {
  channel?: object | null;
  _send(message: unknown, handle: unknown, ...rest: unknown[]): boolean;
  prependListener(event: 'internalMessage', listener: (message: unknown, handle: unknown) => void): unknown;
}

/** Travels before a handle that is a facade. Messages whose `cmd` begins with NODE_ are internal: who does not know it ignores it. */
interface Tag {
  readonly cmd: 'NODE_V6ONLY_HANDLE';
  readonly facade: Facade;
}

interface HandleMessage {
  readonly cmd?: unknown;
  readonly key?: unknown;
}

/**
 * Sockets and servers sent over IPC: a descriptor does not tell that it is IPv4 in the program's eyes, so a message before
 * it does.
 */
export function patchIpc(tcp: TcpFacades): Undo[] {
  const undo: Undo[] = [];
  const attach = (end: Channel) => {
    let tag: Tag | undefined;
    end.prependListener('internalMessage', (message, handle) => {
      const { cmd, key } = (message ?? {}) as HandleMessage;
      if (cmd === 'NODE_V6ONLY_HANDLE') tag = message as Tag;
      else if (cmd === 'NODE_HANDLE' && handle) {
        // `key` names the server that accepted a socket: "4:127.0.0.1:8080".
        const facade = tag?.facade ?? (typeof key === 'string' && key.startsWith('4:') ? UNKNOWN_ENDS.ipv4 : undefined);
        if (facade && tcp.isTcpHandle(handle)) tcp.adoptReceived(handle, facade);
        tag = undefined;
      }
    });
    const send = end._send;
    end._send = (message, handle, ...rest) => {
      const found = handle ? tcp.describe(nativeHandle(handle)) : undefined;
      // A cluster worker's server knows whether it is IPv4; only what it cannot know has to be told.
      const needed = found && (found.peer !== undefined || (message as HandleMessage)?.cmd !== 'NODE_CLUSTER');
      if (needed)
        Reflect.apply(send, end, [
          { cmd: 'NODE_V6ONLY_HANDLE', facade: { ...found, decision: undefined } } satisfies Tag,
          undefined,
          { swallowErrors: true },
        ]);
      return Reflect.apply(send, end, [message, handle, ...rest]);
    };
  };
  undo.push(
    patch(
      ChildProcess.prototype as unknown as { spawn(options: unknown): number },
      'spawn',
      (real) =>
        ({
          spawn(this: Channel, options: unknown): number {
            const status = Reflect.apply(real, this, [options] as never) as number;
            if (this.channel) attach(this);
            return status;
          },
        }).spawn as never,
    ),
  );
  const self = process as unknown as Channel;
  // In a worker thread the getter may throw, and there is no channel.
  if (isMainThread && self.channel) attach(self);
  return undo;
}

/** The handle of a `net.Socket` or `net.Server`, or the handle itself. */
function nativeHandle(handle: unknown): TcpHandle {
  return ((handle as { _handle?: TcpHandle })._handle ?? handle) as TcpHandle;
}
