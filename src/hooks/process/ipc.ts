import { ChildProcess } from 'node:child_process';
import net from 'node:net';
import { type IpcEnd, type IpcListener, ownIpcEnd, type TcpHandle } from '../node-internals';
import { onTakeBack, patch, type Undo } from '../patch';
import { type Facade, type TcpFacades, UNKNOWN_ENDS } from '../tcp/facade';

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
export function patchIpc(tcp: TcpFacades): void {
  const attached = new WeakMap<IpcEnd, Undo>();
  const ends = new Set<WeakRef<IpcEnd>>();
  const attach = (end: IpcEnd) => {
    // Nothing forbids a second call of `spawn`; it sets up another channel.
    attached.get(end)?.();
    const listener = receiver(tcp);
    const reference = new WeakRef(end);
    const restore = patch(end, '_send', (send) => sender(tcp, send));
    end.prependListener('internalMessage', listener);
    ends.add(reference);
    attached.set(end, () => {
      restore();
      end.off('internalMessage', listener);
      ends.delete(reference);
      attached.delete(end);
    });
    collected.register(end, reference);
  };
  const collected = new FinalizationRegistry<WeakRef<IpcEnd>>((reference) => ends.delete(reference));
  onTakeBack(() => {
    for (const reference of ends) {
      const end = reference.deref();
      if (end) attached.get(end)?.();
    }
  });
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

/** Makes a facade of what was one where it comes from. */
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
    // What has to wait comes here again when its turn has come: its message goes with it then.
    const facade = handle && !this._handleQueue ? facadeOf(tcp, handle) : undefined;
    // A cluster worker's server knows whether it is IPv4; only what it cannot know has to be told.
    if (facade && (facade.peer !== undefined || (message as HandleMessage)?.cmd !== 'NODE_CLUSTER')) {
      const tag: Tag = { cmd: 'NODE_V6ONLY_HANDLE', facade: { ...facade, decision: undefined } };
      Reflect.apply(send, this, [tag, undefined, { swallowErrors: true }]);
    }
    return Reflect.apply(send, this, [message, handle, ...rest]);
  };
}

/** Of a `net.Socket` or `net.Server`, or of a handle itself. A `dgram.Socket` has a `_handle` too, which warns. */
function facadeOf(tcp: TcpFacades, sent: unknown): Facade | undefined {
  const handle =
    sent instanceof net.Socket || sent instanceof net.Server ? (sent as { _handle?: TcpHandle })._handle : sent;
  return tcp.isTcpHandle(handle) ? tcp.describe(handle) : undefined;
}
