import dgram from 'node:dgram';
import { plain } from './outcome.js';
import { revive } from './values.js';

export const RUN = { dgram: run };

/** What a step waits for: one of these events, or its callback. */
const WAITS = { bind: ['listening', 'error', 'close'], connect: ['connect', 'error', 'close'], close: ['close'] };
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
  await close(socket);
}

async function take(socket, method, args, record, stopped) {
  let called;
  const settled = new Promise((resolve) => {
    called = resolve;
    for (const event of WAITS[method] ?? []) socket.once(event, resolve);
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
  if (waits) await Promise.race([settled, stopped]);
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
