import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import net from 'node:net';
import v8 from 'node:v8';
import { bound, HOST4, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// What is closed is soon collected: V8's young generation, which is cheap to collect, is the last that sees of it. What a
// closed socket left in the old one would stay until a full collection, and a busy program would have some 100 MB of it.
const check = suite(import.meta.url, {
  on: ['v6', 'lo4', 'dual'],
  dns: 'plain',
  flags: ['--expose-gc', '--max-semi-space-size=2'],
});

const TIMES = 1500;
const turn = () => new Promise(setImmediate);

function old(): number {
  const space = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space');
  assert.ok(space);
  return space.space_used_size;
}

/** Opens something and closes it again; `i` counts how often that was done. */
type Cycle = (i: number) => Promise<unknown>;

/** How many bytes one `cycle` adds to the old generation. */
async function bytesLeft(cycle: Cycle): Promise<number> {
  const run = async (times: number) => {
    for (let i = 0; i < times; i++) {
      await cycle(i);
      // libuv tells of what is closed a turn later.
      await turn();
    }
  };
  await run(TIMES / 3); // compiled and optimized code is old, too
  assert.ok(global.gc);
  global.gc();
  const before = old();
  await run(TIMES);
  return (old() - before) / TIMES;
}

const any4 = { host: '0.0.0.0' };
const any6 = { host: '::', ipv6Only: true };
const closed = (socket: net.Server | dgram.Socket) => new Promise<void>((resolve) => socket.close(() => resolve()));

async function listeners(i: number): Promise<void> {
  const [one, two] = [net.createServer(), net.createServer()];
  const [a, b] = i & 1 ? [any4, any6] : [any6, any4];
  const port = await listening(one, { port: 0, ...a });
  await listening(two, { port, ...b });
  await Promise.all(i & 2 ? [closed(one), closed(two)] : [closed(two), closed(one)]);
}

async function datagramSockets(i: number): Promise<void> {
  const [one, two] = [dgram.createSocket('udp4'), dgram.createSocket({ type: 'udp6', ipv6Only: true })];
  const port = await bound(one, 0);
  await bound(two, port);
  await Promise.all(i & 2 ? [closed(one), closed(two)] : [closed(two), closed(one)]);
}

async function connectedDatagramSocket(): Promise<void> {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, HOST4);
  await once(socket, 'connect');
  socket.send('x', () => {});
  await closed(socket);
}

const CYCLES: readonly (readonly [what: string, cycle: Cycle, limitBytes: number])[] = [
  ['two listeners', listeners, 1000],
  ['two datagram sockets', datagramSockets, 1000],
  ['a connected datagram socket', connectedDatagramSocket, 1000],
  ['a query', () => dns.promises.resolve4('v4only.example.org'), 300],
];
for (const [what, cycle, limit] of CYCLES) {
  check(`${what} in V8's old generation: next to nothing is left`, { timeoutMs: 30_000 }, async () => {
    const left = await bytesLeft(cycle);
    assert.ok(left < limit, `${left} bytes each`);
  });
}
