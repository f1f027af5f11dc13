import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import type { Kind } from '../support/host.js';
import { bound, echoServer, errorOf, exchange, HOST4, listening, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url);

function blocking(address: string) {
  const list = new net.BlockList();
  list.addAddress(address, 'ipv4');
  return list;
}

check('a client with an IPv4 rule does not connect', { node: 22 }, async () => {
  const { server, port } = await echoServer();
  const error = await errorOf(net.connect({ port, host: HOST4, blockList: blocking(HOST4) }));
  assert.equal(error.code, 'ERR_IP_BLOCKED');
  assert.equal(await exchange({ port, host: HOST4, blockList: blocking('203.0.113.8') }), 'ping');
  server.close();
});

check('a server with an IPv4 rule drops the client', { node: 22 }, async () => {
  const server = net.createServer({ blockList: blocking(HOST4) });
  server.on('connection', () => assert.fail('the rule did not block'));
  const port = await listening(server);
  const socket = net.connect(port, HOST4).on('error', () => {});
  await once(socket, 'close');
  server.close();
});

check('a server with a rule for others lets the client in', { node: 22 }, async () => {
  const server = net.createServer({ blockList: blocking('203.0.113.8') }, (socket) => socket.end('in'));
  const port = await listening(server);
  assert.equal(await exchange({ port, host: HOST4 }), 'in');
  server.close();
});

check('a program that checks remoteAddress itself blocks by IPv4 network', async () => {
  const list = new net.BlockList();
  list.addSubnet('203.0.113.0', 24, 'ipv4');
  const server = net.createServer((socket) => socket.end(String(list.check(socket.remoteAddress as string, 'ipv4'))));
  const port = await listening(server);
  assert.equal(await exchange({ port, host: HOST4 }), 'true');
  server.close();
});

check('a datagram socket with rules neither sends to nor hears the blocked', { node: 24 }, async () => {
  const receiver = dgram.createSocket({ type: 'udp4', receiveBlockList: blocking(HOST4) });
  const port = await bound(receiver, 0, '0.0.0.0');
  const heard: string[] = [];
  receiver.on('message', (message, { address }) => heard.push(`${message} ${address}`));
  const sender = dgram.createSocket('udp4');
  sender.send('blocked', port, HOST4);
  await new Promise((resolve) => sender.send('let in', port, '127.0.0.1', resolve));
  const strict = dgram.createSocket({ type: 'udp4', sendBlockList: blocking(HOST4) });
  const error = await sent(strict, 'x', port, HOST4);
  assert.equal(error?.code, 'ERR_IP_BLOCKED');
  while (heard.length === 0) await once(receiver, 'message');
  assert.deepEqual(heard, ['let in 127.0.0.1']);
  for (const socket of [receiver, sender, strict]) socket.close();
});

// Where IPv4 is translated, the list judges the address that the kernel gets or gave as well.
const WITHOUT_IPV4: Kind[] = ['noinet', 'v6', 'lo4'];

function blocking6(network: string, length: number) {
  const list = new net.BlockList();
  list.addSubnet(network, length, 'ipv6');
  return list;
}

check(
  'a client with a rule for the IPv6 address that the kernel gets does not connect',
  { on: WITHOUT_IPV4, node: 22 },
  async () => {
    const { server, port } = await echoServer();
    const error = await errorOf(net.connect({ port, host: HOST4, blockList: blocking6('64:ff9b::', 96) }));
    assert.equal(error.code, 'ERR_IP_BLOCKED');
    assert.equal(error.message, `IP(${HOST4}) is blocked by net.BlockList`);
    assert.equal(await exchange({ port, host: HOST4, blockList: blocking6('2001:db8:64::', 96) }), 'ping');
    server.close();
  },
);

check(
  'a server with a rule for the IPv6 address that the kernel gave drops the client',
  { on: WITHOUT_IPV4, node: 22 },
  async () => {
    const server = net.createServer({ blockList: blocking6('64:ff9b::', 96) });
    server.on('connection', () => assert.fail('the rule did not block'));
    const port = await listening(server);
    await once(
      net.connect(port, HOST4).on('error', () => {}),
      'close',
    );
    server.close();
  },
);

check('and lets others in', { on: WITHOUT_IPV4, node: 22 }, async () => {
  const server = net.createServer({ blockList: blocking6('2001:db8:64::', 96) }, (socket) => socket.end('in'));
  const port = await listening(server);
  assert.equal(await exchange({ port, host: HOST4 }), 'in');
  server.close();
});
