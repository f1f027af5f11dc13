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

/** What one may write → as the kernel names it. */
const SPELLINGS = [
  ['::ffff:7f00:1', '::ffff:127.0.0.1'],
  ['0:0:0:0:0:FFFF:127.0.0.1', '::ffff:127.0.0.1'],
  ['::ffff:127.0.0.1%lo', '::ffff:127.0.0.1'],
  ['::0001', '::1'],
  ['::1%lo', '::1'],
  ['0:0:0:0:0:0:0:0', '::'],
];

check('a socket that is bound in another spelling reads as the kernel spells it', async () => {
  for (const [written, name] of SPELLINGS) {
    const server = net.createServer();
    await listening(server, 0, written);
    assert.equal(addressOf(server).address, name, `TCP on ${written}`);
    server.close();
    const socket = dgram.createSocket('udp6');
    await bound(socket, 0, written);
    assert.equal(socket.address().address, name, `UDP on ${written}`);
    socket.close();
  }
});

check('what is to hear IPv6 alone cannot be bound to an IPv4-mapped address', async () => {
  for (const host of ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:0.0.0.0']) {
    const server = net.createServer();
    const refused = errorOf(server);
    server.listen({ port: 0, host, ipv6Only: true });
    assert.equal((await refused).code, 'EINVAL');
    const socket = dgram.createSocket({ type: 'udp6', ipv6Only: true });
    socket.bind(0, host);
    assert.equal((await errorOf(socket)).code, 'EINVAL');
    socket.close();
  }
});

check('both ends of a connection to an IPv4-mapped address are IPv4-mapped', async () => {
  const { server, port } = await echoServer('127.0.0.1');
  for (const host of ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:0.0.0.0', '::ffff:127.0.0.1%lo']) {
    const socket = net.connect(port, host);
    await once(socket, 'connect');
    assert.deepEqual([socket.remoteAddress, socket.localAddress], ['::ffff:127.0.0.1', '::ffff:127.0.0.1'], host);
    socket.destroy();
    const datagrams = dgram.createSocket('udp6');
    datagrams.connect(port, host);
    await once(datagrams, 'connect');
    assert.equal(datagrams.address().address, '::ffff:127.0.0.1');
    assert.equal(datagrams.remoteAddress().address, '::ffff:127.0.0.1');
    datagrams.close();
  }
  server.close();
});

check('a client that is bound to an IPv4-mapped address reaches IPv4 alone, by :: too', async () => {
  const { server, port } = await echoServer('127.0.0.1');
  const localAddress = '::ffff:127.0.0.1';
  assert.equal((await errorOf(net.connect({ port, host: '::1', localAddress }))).code, 'EAFNOSUPPORT');
  const socket = net.connect({ port, host: '::', localAddress });
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, '::ffff:127.0.0.1');
  socket.destroy();
  server.close();
});
