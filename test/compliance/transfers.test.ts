import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { type Transferable, Worker } from 'node:worker_threads';
import type { Failure } from '../support/errors.js';
import { addressOf, errorOf, exchange, HOST4, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Sockets and servers that move to another thread (`postMessage(value, [socket])`), since Node.js 24.21 and 26.
const check = suite(import.meta.url);

/** A thread that answers whoever connects, by a connection, a server or a bound socket that it was given. */
function thread(): Worker {
  return new Worker(
    `const net = require('net');
     const { parentPort } = require('worker_threads');
     const seen = (socket) => socket.end([socket.remoteAddress, socket.remoteFamily, socket.localAddress].join(' '));
     parentPort.on('message', ({ moved }) => {
       if (moved instanceof net.Socket) return seen(moved);
       const server = moved instanceof net.Server ? moved : net.createServer();
       server.on('connection', seen);
       if (server === moved) parentPort.postMessage(server.address());
       else server.listen(moved, () => parentPort.postMessage(server.address()));
     });`,
    { eval: true },
  );
}

/** Whether this version can move a socket, a server, a bound socket. */
function canMove(moving: { prototype: object } | undefined): boolean {
  const keys = moving ? Object.getOwnPropertySymbols(moving.prototype) : [];
  return keys.some((key) => key.description === 'messaging_transfer_symbol');
}

const move = (worker: Worker, moved: unknown) => worker.postMessage({ moved }, [moved as Transferable]);

check('a connection keeps its addresses', { node: 24 }, async () => {
  if (!canMove(net.Socket)) return;
  const worker = thread();
  const server = net.createServer({ pauseOnConnect: true }, (socket) => move(worker, socket));
  const port = await listening(server);
  assert.equal(await exchange({ port, host: HOST4 }), `${HOST4} IPv4 ${HOST4}`);
  assert.equal(await exchange({ port, host: '127.0.0.1' }), '127.0.0.1 IPv4 127.0.0.1');
  server.close();
  await worker.terminate();
});

for (const address of ['0.0.0.0', '127.0.0.1', HOST4]) {
  check(`a server on ${address} keeps its address, and its clients theirs`, { node: 24 }, async () => {
    if (!canMove(net.Server)) return;
    const worker = thread();
    const server = net.createServer();
    const port = await listening(server, 0, address);
    move(worker, server);
    assert.deepEqual((await once(worker, 'message'))[0], { address, family: 'IPv4', port });
    const host = address === '0.0.0.0' ? HOST4 : address;
    assert.match(await exchange({ port, host }), RegExp(`^${host} IPv4 ${host}$`));
    // The port is the thread's.
    const other = net.createServer();
    other.listen(port, address);
    assert.equal(((await errorOf(other)) as Failure).code, 'EADDRINUSE');
    await worker.terminate();
  });
}

check('an ipv6Only server beside one of IPv4 keeps to IPv6', { node: 24 }, async () => {
  if (!canMove(net.Server)) return;
  const worker = thread();
  const server = net.createServer();
  server.listen({ port: 0, host: '::', ipv6Only: true });
  await once(server, 'listening');
  const { port } = addressOf(server);
  move(worker, server);
  await once(worker, 'message');
  assert.equal(await exchange({ port, host: '::1' }), '::1 IPv6 ::1');
  await worker.terminate();
});

check(
  'a server that shares its kernel socket stays, says so, and goes on',
  { node: 24, on: ['v6', 'noinet'] },
  async () => {
    if (!canMove(net.Server)) return;
    const worker = thread();
    const four = net.createServer((socket) => socket.end('four'));
    const port = await listening(four, 0, '127.0.0.1');
    const six = net.createServer((socket) => socket.end('six'));
    await listening(six, port, '::1');
    for (const server of [four, six]) {
      assert.throws(() => move(worker, server), {
        code: 'ERR_WORKER_HANDLE_NOT_TRANSFERABLE',
        message: /shares a kernel socket/,
      });
    }
    assert.equal(await exchange({ port, host: '127.0.0.1' }), 'four');
    assert.equal(await exchange({ port, host: '::1' }), 'six');
    six.close();
    four.close();
    await worker.terminate();
  },
);

check('a bound socket keeps its address', { node: 26 }, async () => {
  if (!canMove(net.BoundSocket)) return;
  const worker = thread();
  const socket = new net.BoundSocket({ host: HOST4, port: 0 });
  const { port } = socket.address();
  move(worker, socket);
  assert.deepEqual((await once(worker, 'message'))[0], { address: HOST4, family: 'IPv4', port });
  assert.equal(await exchange({ port, host: HOST4 }), `${HOST4} IPv4 ${HOST4}`);
  await worker.terminate();
});
