import diagnosticsChannel from 'node:diagnostics_channel';
import { EventEmitter, errorMonitor } from 'node:events';
import type { SocketEvent } from '../../hooks/diagnostics';
import type { Calls } from './calls';
import type { AuditEntry, AuditKind } from './entry';
import type { Recorder } from './recorder';

type SocketError = NodeJS.ErrnoException & { errors?: (NodeJS.ErrnoException & { address?: string })[] };

/** Records the hook's decisions about sockets. */
export function listenToDecisions(calls: Calls, recorder: Recorder): void {
  on('v6only:connect', (event) => {
    const entry = countSocket(calls, 'connect', event);
    const { decision, owner = calls.current?.owner } = event;
    if (decision.kind === 'refuse') recorder.outcome(entry, decision.errno);
    else follow(owner, entry, 'connect', 'connected');
  });
  on('v6only:bind', (event) => {
    const call = calls.current;
    // Node binds a UDP socket that sends without a bind. The program did not ask for this.
    if (event.protocol === 'udp' && event.port === 0 && call?.method !== 'bind') return;
    const entry = countSocket(calls, 'bind', event);
    if (event.decision.kind === 'refuse') recorder.outcome(entry, event.decision.errno);
    else follow(call?.owner ?? event.owner, entry, 'listening', 'listening');
  });
  on('v6only:send', (event) => {
    // A datagram that waits for the prefix is decided and published again when the prefix is known.
    if (event.decision.kind !== 'wait') countSent(calls, recorder, event);
  });

  /** Records the outcome of a socket or server once for each entry. A monitor does not count as an error handler. */
  const followed = new WeakMap<object, Set<AuditEntry>>();
  function follow(owner: object | undefined, entry: AuditEntry, event: string, outcome: string): void {
    if (!(owner instanceof EventEmitter)) return;
    const open = followed.get(owner) ?? new Set();
    followed.set(owner, open);
    open.add(entry);
    if (open.size > 1) return;
    const settle = (which: AuditEntry, what: string) => {
      if (open.delete(which)) recorder.outcome(which, what);
    };
    owner.once(event, () => {
      const last = [...open].at(-1);
      for (const one of [...open]) settle(one, one === last ? outcome : 'another was faster');
    });
    owner.once(errorMonitor, (error: SocketError) => {
      for (const one of [...open]) {
        const own = error.errors?.find(({ address }) => address === one.address) ?? error;
        settle(one, own.code ?? own.message);
      }
    });
    owner.once('close', () => {
      for (const one of [...open]) settle(one, 'closed');
    });
  }
}

/** Counts a datagram. If there is a callback, it reports the outcome. */
export function countSent(calls: Calls, recorder: Recorder, event: SocketEvent): void {
  const entry = countSocket(calls, 'send', event);
  const pending = calls.current?.pending;
  if (pending) pending.push(entry);
  else recorder.outcome(entry, event.decision.kind === 'refuse' ? event.decision.errno : 'sent');
}

export function countSocket(calls: Calls, kind: AuditKind, event: SocketEvent): AuditEntry {
  const { protocol, address, port, host, decision } = event;
  return calls.count(kind, {
    protocol,
    target: host ?? address,
    address,
    port: port === 0 ? undefined : port,
    decision: decision.kind,
    became: decision.kind === 'translate' ? decision.address : decision.kind === 'direct' ? address : '',
    why: decision.why,
  });
}

function on(channel: string, listener: (event: SocketEvent) => void): void {
  diagnosticsChannel.subscribe(channel, (event) => listener(event as SocketEvent));
}
