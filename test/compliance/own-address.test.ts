import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Kind } from '../support/host.js';
import { addressOf, bound, echoServer, exchange, HOST6, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';
import { writeWhole } from '../support/write-whole.js';

// Programs ask for "the machine's IPv4 address", announce it, bind it and connect to it.
const check = suite(import.meta.url);
const WITHOUT_IPV4: Kind[] = ['noinet', 'v6', 'lo4'];

const scratch = mkdtempSync(path.join(os.tmpdir(), 'v6only-own-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const all = () => Object.values(os.networkInterfaces()).flatMap((list) => list ?? []);
const own = () => all().find(({ family, internal }) => family === 'IPv4' && !internal) as os.NetworkInterfaceInfo;

check('every host has an IPv4 address of its own that is not internal', () => {
  const { address, netmask, cidr, mac } = own();
  assert.ok(net.isIPv4(address));
  assert.ok(net.isIPv4(netmask));
  assert.match(String(cidr), new RegExp(`^${address}/\\d+$`));
  assert.match(mac, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
});

check(
  'where it has none, the address is of 192.0.0.0/29 (RFC 7335), on the interface of the IPv6 one',
  { on: WITHOUT_IPV4 },
  () => {
    assert.equal(own().address, '192.0.0.1');
    const { eth0 } = os.networkInterfaces();
    assert.ok(eth0?.some(({ address }) => address === '192.0.0.1'));
    assert.ok(eth0?.some(({ address }) => address === HOST6));
  },
);

check('where it has one, nothing is added', { on: ['dual'] }, () => {
  assert.deepEqual(
    all()
      .filter(({ family }) => family === 'IPv4')
      .map(({ address }) => address)
      .sort(),
    ['127.0.0.1', '198.51.100.2', '203.0.113.7'],
  );
});

check('a server is reached at that address, and a server on it too', async () => {
  const { address } = own();
  const any = await echoServer();
  assert.equal(await exchange({ port: any.port, host: address }), 'ping');
  any.server.close();
  const there = net.createServer((socket) => socket.end(String(socket.localAddress)));
  const port = await listening(there, 0, address);
  assert.equal(addressOf(there).address, address);
  assert.equal(await exchange({ port, host: address }), address);
  there.close();
});

check('an IPv6 client on ::1 is no IPv4 one, even on the port that an IPv4 client had', async () => {
  const server = net.createServer((socket) => socket.end(`${socket.remoteAddress} ${socket.remotePort}`));
  const port = await listening(server, 0, '::');
  const shownAs = async (options: { host: string; localAddress?: string; localPort?: number }) => {
    const socket = net.connect({ port, ...options }).setEncoding('utf8');
    const closed = once(socket, 'close');
    const [said] = await once(socket, 'data');
    await closed;
    return String(said).split(' ');
  };
  const [first, localPort] = await shownAs({ host: '127.0.0.1' });
  assert.equal(first, '::ffff:127.0.0.1');
  const second = await shownAs({ host: HOST6, localAddress: '::1', localPort: Number(localPort) });
  assert.deepEqual(second, ['::1', localPort]);
  server.close();
});

check('a socket on all addresses sees its own program there too', async () => {
  const { address } = own();
  const [receiver, sender] = [dgram.createSocket('udp4'), dgram.createSocket('udp4')];
  const port = await bound(receiver, 0, '0.0.0.0');
  sender.send('ping', port, address);
  const [, rinfo] = await once(receiver, 'message');
  assert.equal(rinfo.address, address);
  receiver.send('pong', rinfo.port, rinfo.address);
  assert.equal((await once(sender, 'message'))[1].address, address);
  receiver.close();
  sender.close();
});

check('another program of the host answers from the address at which it was asked', async () => {
  const { address } = own();
  const echo = `const socket = require('dgram').createSocket('udp4');
    socket.on('message', (message, peer) => socket.send(message, peer.port, peer.address, () => socket.close()));
    socket.bind(0, '0.0.0.0', () => process.send(socket.address().port));`;
  for (const connects of [false, true]) {
    const child = fork(writeWhole(path.join(scratch, 'echo.cjs'), echo));
    const [port] = await once(child, 'message');
    const socket = dgram.createSocket('udp4');
    if (connects) await new Promise<void>((resolve) => socket.connect(port as number, address, resolve));
    if (connects) socket.send('ping');
    else socket.send('ping', port as number, address);
    const [message, rinfo] = await once(socket, 'message');
    assert.deepEqual([String(message), rinfo.address, rinfo.family], ['ping', address, 'IPv4']);
    socket.close();
    await once(child, 'exit');
  }
});

check('a datagram goes from that address to that address', async () => {
  const { address } = own();
  const [receiver, sender] = [dgram.createSocket('udp4'), dgram.createSocket('udp4')];
  const port = await bound(receiver, 0, address);
  await bound(sender, 0, address);
  sender.send('ping', port, address);
  const [, rinfo] = await once(receiver, 'message');
  assert.equal(rinfo.address, address);
  assert.equal(sender.address().address, address);
  receiver.close();
  sender.close();
});
