import dgram from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DgramCase, Step } from './cases-udp.js';
import { plain } from './outcome.js';
import { type Recorder, revive, reviveAll } from './values.js';

/** What a step waits for: one of these events, or its callback. */
const WAITS = new Map([
  ['bind', ['listening', 'close']],
  ['connect', ['connect', 'close']],
  ['close', ['close']],
]);
/** For how long: what is sent from a socket that could not be bound is not sent, and its callback not called. */
const STEP_TIMEOUT_MS = 500;
const EVENTS = ['listening', 'error', 'connect', 'close'];
/** Turns of the event loop in which a datagram crosses lo, is answered, and the answer read. */
const TURNS = 6;

export async function useSocket({ type, steps }: DgramCase, record: Recorder, stopped: Promise<void>): Promise<void> {
  let socket: dgram.Socket;
  try {
    socket = dgram.createSocket(revive(type, record) as dgram.SocketOptions);
  } catch (error) {
    record('throws', [error]);
    return;
  }
  for (const event of EVENTS) socket.on(event, (...args) => record(event, args));
  socket.on('message', (data, { address, family, port, size }) =>
    record('message', [String(data), { address, family, port, size }]),
  );
  // After an uncaught exception no step is waited for any more: which of their events come would be chance.
  let isStopped = false;
  void stopped.then(() => {
    isStopped = true;
  });
  for (const step of steps) if (!isStopped) await take(socket, step, record, stopped);
  // One that was left half open by an exception says nothing when it closes.
  await Promise.race([close(socket), sleep(STEP_TIMEOUT_MS)]);
}

type Methods = Readonly<Record<string, (...args: unknown[]) => unknown>>;

async function take(
  socket: dgram.Socket,
  [method, ...args]: Step,
  record: Recorder,
  stopped: Promise<void>,
): Promise<void> {
  const events = WAITS.get(method);
  let called = () => {};
  const settled = new Promise<void>((resolve) => {
    called = resolve;
    for (const event of ['error', ...(events ?? [])]) socket.once(event, () => resolve());
  });
  const revived = reviveAll(args, (name, values) => {
    record(`${method} ${name}`, values);
    if (name === 'callback') called();
  });
  try {
    const result = (socket as object as Methods)[method]?.(...revived);
    record(method, [result === socket ? 'this' : plain(result)]);
  } catch (error) {
    record(`${method} throws`, [error]);
    return;
  }
  const waits = events !== undefined || revived.some((value) => typeof value === 'function');
  if (waits) await Promise.race([settled, stopped, sleep(STEP_TIMEOUT_MS)]);
  if (waits || method === 'send') for (let turn = 0; turn < TURNS; turn++) await new Promise(setImmediate);
}

function close(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(resolve);
    } catch {
      resolve(); // closed already
    }
  });
}
