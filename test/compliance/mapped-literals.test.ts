import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import {
  addressOf,
  bound,
  echoServer,
  errorOf,
  exchange,
  HOST4,
  HOST4_EMBEDDED,
  listening,
} from '../support/sockets.js';
import { suite } from '../support/suite.js';

// A program may write an IPv4 address as ::ffff:a.b.c.d itself (RFC 4291 §2.5.5.2); many do so to have one socket for both.
const check = suite(import.meta.url);

check('a connection to ::ffff:a.b.c.d reaches the IPv4 address, and shows what was asked for', async () => {
  const { server, port } = await echoServer();
  const socket = net.connect(port, `::ffff:${HOST4}`);
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, `::ffff:${HOST4}`);
  assert.equal(socket.remoteFamily, 'IPv6');
  socket.destroy();
  server.close();
});

check('the hexadecimal form is the same address', { on: ['noinet', 'v6', 'lo4'] }, async () => {
  const { server, port } = await echoServer();
  assert.equal(await exchange({ port, host: '::ffff:cb00:7107' }), 'ping');
  // Shown as the kernel spells it, whatever the program wrote.
  for (const host of ['::ffff:cb00:7107', '::FFFF:203.0.113.7']) {
    const socket = net.connect(port, host);
    await once(socket, 'connect');
    assert.equal(socket.remoteAddress, `::ffff:${HOST4}`);
    socket.destroy();
  }
  server.close();
});

check('a refused connection names the address as it was given', async () => {
  const error = await errorOf(net.connect(1, `::ffff:${HOST4}`));
  assert.equal(error.message, `connect ECONNREFUSED ::ffff:${HOST4}:1`);
  assert.equal(error.address, `::ffff:${HOST4}`);
});

check('a server on ::ffff:a.b.c.d is an IPv4 server', async () => {
  const server = net.createServer((socket) => socket.end(String(socket.remoteAddress)));
  const port = await listening(server, 0, `::ffff:${HOST4}`);
  assert.equal(addressOf(server).address, `::ffff:${HOST4}`);
  assert.equal(await exchange({ port, host: HOST4 }), `::ffff:${HOST4}`);
  server.close();
});

check('a udp6 socket sends to ::ffff:a.b.c.d and hears from it', async () => {
  const receiver = dgram.createSocket('udp4');
  const port = await bound(receiver, 0, HOST4);
  receiver.on('message', (message, { port, address }) => receiver.send(`${message} ${address}`, port, address));
  const sender = dgram.createSocket('udp6');
  sender.send('ping', port, `::ffff:${HOST4}`);
  const [message, rinfo] = await once(sender, 'message');
  assert.equal(message.toString(), `ping ${HOST4}`);
  assert.equal(rinfo.address, `::ffff:${HOST4}`);
  assert.equal(rinfo.family, 'IPv6');
  sender.close();
  receiver.close();
});

check(
  'a udp6 socket that asks an IPv4-embedded address itself hears from that address',
  { on: ['noinet', 'v6', 'lo4'] },
  async () => {
    // An IPv6 program behind a DNS64 knows its server by this address alone, and believes no other.
    const receiver = dgram.createSocket('udp4');
    const port = await bound(receiver, 0, HOST4);
    receiver.on('message', (message, { port, address }) => receiver.send(message, port, address));
    const sender = dgram.createSocket('udp6');
    sender.send('ping', port, HOST4_EMBEDDED);
    const [, rinfo] = await once(sender, 'message');
    assert.equal(rinfo.address, HOST4_EMBEDDED);
    sender.close();
    receiver.close();
  },
);

check('a TCP client of an IPv4-embedded address sees that address', { on: ['noinet', 'v6', 'lo4'] }, async () => {
  const { server, port } = await echoServer();
  const socket = net.connect(port, HOST4_EMBEDDED);
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, HOST4_EMBEDDED);
  socket.destroy();
  server.close();
});
