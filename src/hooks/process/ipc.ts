import { ChildProcess } from 'node:child_process';
import net from 'node:net';
import { type IpcEnd, type IpcListener, ownIpcEnd, type TcpHandle } from '../node-internals';
import { patch, type Undo } from '../patch';
import { type Facade, type TcpFacades, UNKNOWN_ENDS } from '../tcp/facade';

/**
 * The message before a handle that is a facade. Messages whose `cmd` begins with NODE_ are internal, so receivers
 * without the hook ignore it.
 */
interface Tag {
  readonly cmd: 'NODE_V6ONLY_HANDLE';
  readonly facade: Facade;
}

interface HandleMessage {
  readonly cmd?: unknown;
  readonly key?: unknown;
}

/**
 * Patches sockets and servers sent over IPC. A descriptor does not show that the program sees it as IPv4, so a message
 * before it does.
 */
export function patchIpc(tcp: TcpFacades): void {
  const attached = new WeakMap<IpcEnd, Undo>();
  const attach = (end: IpcEnd) => {
    // A program may call `spawn` again, which creates another channel.
    attached.get(end)?.();
    const listener = receiver(tcp);
    const stop = () => void end.off('internalMessage', listener);
    attached.set(
      end,
      patch(end, '_send', (send) => sender(tcp, send), stop),
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

/** Makes a received handle a facade if it was one in the sending process. */
function receiver(tcp: TcpFacades): IpcListener {
  let tag: Tag | undefined;
  return (message, handle) => {
    const { cmd, key } = (message ?? {}) as HandleMessage;
    if (cmd === 'NODE_V6ONLY_HANDLE') tag = message as Tag;
    else if (cmd === 'NODE_HANDLE' && handle) {
      // `key` names the server that accepted a socket: "4:127.0.0.1:8080".
      const facade = tag?.facade ?? (typeof key === 'string' && key.startsWith('4:') ? UNKNOWN_ENDS.ipv4 : undefined);
      if (facade && tcp.isTcpHandle(handle)) tcp.adoptReceived(handle, facade);
      tag = undefined;
    }
  };
}

function sender(tcp: TcpFacades, send: IpcEnd['_send']): IpcEnd['_send'] {
  return function (this: IpcEnd, message, handle, ...rest) {
    // A message that must wait comes here again when it is sent. Its tag is sent then.
    const facade = handle && !this._handleQueue ? facadeOf(tcp, handle) : undefined;
    // The server of a cluster worker knows whether it is IPv4, so only the rest is sent.
    if (facade && (facade.peer !== undefined || (message as HandleMessage)?.cmd !== 'NODE_CLUSTER')) {
      const tag: Tag = { cmd: 'NODE_V6ONLY_HANDLE', facade: { ...facade, decision: undefined } };
      Reflect.apply(send, this, [tag, undefined, { swallowErrors: true }]);
    }
    return Reflect.apply(send, this, [message, handle, ...rest]);
  };
}

/**
 * The facade of a `net.Socket`, of a `net.Server` or of a handle itself. `_handle` of a `dgram.Socket` is not read,
 * because it warns.
 */
function facadeOf(tcp: TcpFacades, sent: unknown): Facade | undefined {
  const handle =
    sent instanceof net.Socket || sent instanceof net.Server ? (sent as { _handle?: TcpHandle })._handle : sent;
  return tcp.isTcpHandle(handle) ? tcp.describe(handle) : undefined;
}
