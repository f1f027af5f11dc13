import dgram from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { plain } from './outcome.js';
import { revive } from './values.js';

export const RUN = { dgram: run };

/** What a step waits for: one of these events, or its callback. */
const WAITS = { bind: ['listening', 'close'], connect: ['connect', 'close'], close: ['close'] };
/** For how long: what is sent from a socket that could not be bound is not sent, and its callback not called. */
const STEP_TIMEOUT_MS = 500;
const EVENTS = ['listening', 'error', 'connect', 'close'];
/** Turns of the event loop in which a datagram crosses lo, is answered, and the answer read. */
const TURNS = 6;

async function run({ type, steps }, record, stopped) {
  let socket;
  try {
    socket = dgram.createSocket(revive(type, record));
  } catch (error) {
    record('throws', [error]);
    return;
  }
  for (const event of EVENTS) socket.on(event, (...args) => record(event, args));
  socket.on('message', (data, { address, family, port, size }) =>
    record('message', [String(data), { address, family, port, size }]),
  );
  for (const [method, ...args] of steps) await take(socket, method, args, record, stopped);
  // One that was left half open by an exception says nothing when it closes.
  await Promise.race([close(socket), sleep(STEP_TIMEOUT_MS)]);
}

async function take(socket, method, args, record, stopped) {
  let called;
  const settled = new Promise((resolve) => {
    called = resolve;
    for (const event of ['error', ...(WAITS[method] ?? [])]) socket.once(event, resolve);
  });
  const revived = revive(args, (name, values) => {
    record(`${method} ${name}`, values);
    if (name === 'callback') called();
  });
  try {
    const result = socket[method](...revived);
    record(method, [result === socket ? 'this' : plain(result)]);
  } catch (error) {
    record(`${method} throws`, [error]);
    return;
  }
  const waits = WAITS[method] !== undefined || revived.some((value) => typeof value === 'function');
  if (waits) await Promise.race([settled, stopped, sleep(STEP_TIMEOUT_MS)]);
  if (waits || method === 'send') for (let turn = 0; turn < TURNS; turn++) await new Promise(setImmediate);
}

function close(socket) {
  return new Promise((resolve) => {
    try {
      socket.close(resolve);
    } catch {
      resolve(); // closed already
    }
  });
}
