import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { handleOf, udpHandleOf } from '../support/internals.js';
import { bound, echoServer, errorOf, exchange, HOST4, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Sockets that go from process to process: over IPC, and as descriptors.
const check = suite(import.meta.url);

/** Children end with this process, also where a check fails. */
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Runs `source` with the given descriptors from 3 on. */
function spawned(source: string, { fds }: { fds: number[] }) {
  const child = spawn(process.execPath, ['-e', source], {
    stdio: ['ignore', 'pipe', 'inherit', ...fds],
  }) as ChildProcess & { stdout: Readable };
  children.add(child);
  return child;
}

/** Forks `source`, with an IPC channel. */
function forked(source: string, options = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'v6only-runtime-'));
  const file = path.join(folder, 'child.cjs');
  writeFileSync(file, `const net = require('net'), dgram = require('dgram');\n${source}`);
  const child = fork(file, [], options);
  children.add(child);
  child.once('exit', () => rmSync(folder, { recursive: true }));
  return child;
}

for (const serialization of ['json', 'advanced']) {
  check(`a server sent to a child accepts IPv4 clients there (${serialization})`, async () => {
    const child = forked(
      `process.on('message', (message, server) => {
         server.on('connection', (socket) => socket.end([socket.remoteAddress, socket.remoteFamily, socket.localAddress].join(' ')));
         process.send(server.address());
       });`,
      { serialization },
    );
    const server = net.createServer();
    const port = await listening(server);
    child.send({ deep: [1] }, server);
    const [address] = await once(child, 'message');
    assert.deepEqual(address, { address: '0.0.0.0', family: 'IPv4', port });
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await exchange({ port, host: HOST4 }), `${HOST4} IPv4 ${HOST4}`);
    child.kill();
  });

  check(`a client socket sent to a child keeps its addresses, and comes back (${serialization})`, async () => {
    const child = forked(
      `process.on('message', (message, socket) => {
         process.send({ remote: socket.remoteAddress, family: socket.remoteFamily, port: socket.remotePort }, socket);
       });`,
      { serialization },
    );
    const { server, port } = await echoServer();
    const socket = net.connect(port, HOST4);
    await once(socket, 'connect');
    child.send('yours', socket);
    const [seen, back] = await once(child, 'message');
    assert.deepEqual(seen, { remote: HOST4, family: 'IPv4', port });
    assert.equal(back.remoteAddress, HOST4);
    back.setEncoding('utf8').write('home again');
    assert.equal(String(await once(back, 'data')), 'home again');
    back.destroy();
    child.kill();
    server.close();
  });

  check(`a datagram socket sent to a child speaks IPv4 there (${serialization})`, async () => {
    const child = forked(
      `process.on('message', (message, socket) => {
         socket.on('message', (text, { address, family, port }) => socket.send('child sees ' + address + ' ' + family, port, address));
         process.send(socket.address());
       });`,
      { serialization },
    );
    const socket = dgram.createSocket('udp4');
    const port = await bound(socket, 0, HOST4);
    child.send('yours', socket);
    assert.deepEqual((await once(child, 'message'))[0], { address: HOST4, family: 'IPv4', port });
    socket.close();
    const client = dgram.createSocket('udp4');
    client.send('?', port, HOST4);
    const [message, rinfo] = await once(client, 'message');
    assert.equal(String(message), `child sees ${HOST4} IPv4`);
    assert.equal(rinfo.address, HOST4);
    client.close();
    child.kill();
  });
}

/** Whether the kernel's sockets are IPv4. */
const IS_NATIVE = process.env.V6ONLY_CHECK_HOST === 'dual';

check('listen({ fd }): a listening socket handed over by number, as systemd does', async () => {
  const { server, port } = await echoServer();
  const child = spawned(
    `const server = require('net').createServer((socket) => socket.end(socket.remoteAddress + ' ' + socket.remoteFamily));
       server.listen({ fd: 3 }, () => console.log(server.address().port));`,
    { fds: [handleOf(server).fd] },
  );
  assert.equal(Number(await once(child.stdout, 'data')), port);
  await new Promise((resolve) => server.close(resolve));
  // Who listens on a descriptor was never told that it is IPv4: as of a socket on [::], which it is.
  const seen = IS_NATIVE ? `${HOST4} IPv4` : `::ffff:${HOST4} IPv6`;
  assert.equal(await exchange({ port, host: HOST4 }), seen);
  child.kill();
});

check('net.Socket({ fd }) and dgram bind({ fd }): descriptors that the program has already', async () => {
  // Paused, so that only the child reads.
  const server = net.createServer({ pauseOnConnect: true });
  const port = await listening(server, 0, HOST4);
  const client = net.connect(port, HOST4).setEncoding('utf8');
  const [accepted] = await once(server, 'connection');
  const child = spawned(
    `const socket = new (require('net').Socket)({ fd: 3 });
       socket.on('data', (data) => socket.end(data + ' ' + require('net').isIP(socket.remoteAddress)));
     socket.on('close', () => process.exit());`,
    { fds: [accepted._handle.fd] },
  );
  const ended = once(child, 'exit');
  client.write('by number');
  assert.equal(String(await once(client, 'data')), `by number ${IS_NATIVE ? 4 : 6}`);
  await ended;
  accepted.destroy();
  client.destroy();
  server.close();

  const receiver = dgram.createSocket('udp4');
  const at = await bound(receiver, 0, HOST4);
  const other = spawned(
    `const socket = require('dgram').createSocket('udp4');
     socket.bind({ fd: 3 });
     socket.on('message', (text, { address, port }) => socket.send(address, port, address, () => process.exit()));
     console.log(JSON.stringify(socket.address()));`,
    { fds: [udpHandleOf(receiver).fd] },
  );
  assert.deepEqual(JSON.parse(String(await once(other.stdout, 'data'))), { address: HOST4, family: 'IPv4', port: at });
  receiver.close();
  const sender = dgram.createSocket('udp4');
  sender.send('?', at, HOST4);
  assert.equal(String((await once(sender, 'message'))[0]), HOST4);
  sender.close();
});

check('a server that was sent and kept stays as it is, whatever else opens and closes on its port', async () => {
  const child = forked(`process.on('message', (message, server) => {
      if (server) server.on('connection', (socket) => socket.end('child')) && process.send('has it');
    });`);
  const one = net.createServer((socket) => socket.end('parent'));
  const port = await listening(one, 0, '127.0.0.1');
  child.send('yours', one);
  await once(child, 'message');
  const other = net.createServer();
  // It collides with the server, whoever else has it.
  other.listen(port, '0.0.0.0');
  assert.equal((await errorOf(other)).code, 'EADDRINUSE');
  assert.match(await exchange({ port, host: '127.0.0.1' }), /^(child|parent)$/);
  one.close();
  assert.equal(await exchange({ port, host: '127.0.0.1' }), 'child');
  child.kill();
});

check(
  'what is said of a handle that cannot be sent does not stick to the next one',
  { on: ['v6', 'noinet'] },
  async () => {
    const child = forked(`process.on('message', (message, socket) => {
      if (socket instanceof net.Server) return void socket.close();
      process.send([socket.remoteAddress, socket.remoteFamily].join(' '));
      socket.destroy();
    });`);
    // They share a kernel socket, so the second has no descriptor of its own.
    const six = net.createServer();
    const port = await listening(six, 0, '::1');
    const four = net.createServer();
    await listening(four, port, '127.0.0.1');
    const client = net.connect(port, '::1').on('error', () => {});
    await Promise.all([once(client, 'connect'), once(six, 'connection')]);
    const failures = await Promise.all(
      [six, four].map((server) => new Promise<Error | null>((resolve) => child.send('yours', server, resolve))),
    );
    assert.ok(failures.some((error) => error));
    for (const server of [four, six]) server.close();
    child.send('yours', client);
    assert.match(String((await once(child, 'message'))[0]), /^::1 IPv6$/);
    child.kill();
  },
);
