import { ChildProcess } from 'node:child_process';
import net from 'node:net';
import { type IpcEnd, type IpcListener, ownIpcEnd, type TcpHandle } from '../node-internals';
import { patch, type Undo } from '../patch';
import { UNKNOWN_ENDS } from '../tcp/facade';
import type { HandedOver, HandOvers } from '../tcp/hand-over';

/**
 * The message before a handle whose descriptor does not show everything. Messages whose `cmd` begins with NODE_ are
 * internal, so receivers without the hook ignore it.
 */
interface Tag {
  readonly cmd: 'NODE_V6ONLY_HANDLE';
  readonly handed: HandedOver;
}

interface HandleMessage {
  readonly cmd?: unknown;
  readonly key?: unknown;
}

/**
 * Patches sockets and servers sent over IPC. A descriptor does not show that the program sees it as IPv4, so a message
 * before it does.
 */
export function patchIpc(handOvers: HandOvers): void {
  const attached = new WeakMap<IpcEnd, Undo>();
  const attach = (end: IpcEnd) => {
    // A program may call `spawn` again, which creates another channel.
    attached.get(end)?.();
    const listener = receiver(handOvers);
    const stop = () => void end.off('internalMessage', listener);
    attached.set(
      end,
      patch(end, '_send', (send) => sender(handOvers, send), stop),
    );
    end.prependListener('internalMessage', listener);
  };
  patch(ChildProcess.prototype as unknown as { spawn(options: unknown): number }, 'spawn', (real) => {
    return function (this: IpcEnd, options: unknown): number {
      const status = Reflect.apply(real, this as never, [options]);
      if (this.channel && typeof this._send === 'function') attach(this);
      return status;
    };
  });
  const own = ownIpcEnd();
  if (own) attach(own);
}

/** Tells a received handle what it was in the sending process. */
function receiver(handOvers: HandOvers): IpcListener {
  let tag: Tag | undefined;
  return (message, handle) => {
    const { cmd, key } = (message ?? {}) as HandleMessage;
    if (cmd === 'NODE_V6ONLY_HANDLE') tag = message as Tag;
    else if (cmd === 'NODE_HANDLE' && handle) {
      // `key` names the server that accepted a socket: "4:127.0.0.1:8080".
      const handed = tag?.handed ?? (typeof key === 'string' && key.startsWith('4:') ? OF_IPV4_SERVER : undefined);
      if (handed && handOvers.isTcpHandle(handle)) handOvers.adopt(handle, handed, 'others');
      tag = undefined;
    }
  };
}

function sender(handOvers: HandOvers, send: IpcEnd['_send']): IpcEnd['_send'] {
  return function (this: IpcEnd, message, handle, ...rest) {
    // A message that must wait comes here again when it is sent. Its tag is sent then.
    const sent = handle && !this._handleQueue ? handleOf(handle) : undefined;
    const handed = handOvers.describe(sent);
    // The server of a cluster worker knows its endpoint, and whether it is IPv4. A connection has ends of its own.
    if (handed && (handed.facade?.peer !== undefined || (message as HandleMessage)?.cmd !== 'NODE_CLUSTER')) {
      const tag: Tag = { cmd: 'NODE_V6ONLY_HANDLE', handed };
      Reflect.apply(send, this, [tag, undefined, { swallowErrors: true }]);
      handOvers.share(sent as TcpHandle);
    }
    return Reflect.apply(send, this, [message, handle, ...rest]);
  };
}

const OF_IPV4_SERVER: HandedOver = { facade: UNKNOWN_ENDS.ipv4, endpoint: undefined };

/** Of a `net.Socket` or a `net.Server`. `_handle` of a `dgram.Socket` is not read, because it warns. */
function handleOf(sent: unknown): unknown {
  return sent instanceof net.Socket || sent instanceof net.Server ? (sent as { _handle?: unknown })._handle : sent;
}
