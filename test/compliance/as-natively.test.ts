import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { codeOf } from '../support/errors.js';
import { addressOf, bound, echoServer, errorOf, exchange, listening, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Calls at the edges of the API, found by `npm run test:native`: where there is no IPv4 they end as they do on a dual-stack host.
const check = suite(import.meta.url);

const listOf = (address: string) => {
  const list = new net.BlockList();
  list.addAddress(address, net.isIPv6(address) ? 'ipv6' : 'ipv4');
  return list;
};

check('a listener on 127.0.0.1 does not hear the IPv6 loopback, however that is written', async () => {
  const { server, port } = await echoServer('127.0.0.1');
  for (const host of ['::1', '::', '::0001', '0:0:0:0:0:0:0:0', '::1%lo'])
    assert.equal((await errorOf(net.connect(port, host))).code, 'ECONNREFUSED', host);
  server.close();
});

check('0.0.0.0 as a destination is 127.0.0.1, or the address that the client is bound to', async () => {
  const { server, port } = await echoServer('127.0.0.1');
  assert.equal(await exchange({ port, host: '0.0.0.0' }), 'ping');
  server.close();
  const second = await echoServer('127.0.0.2');
  const socket = net.connect({ port: second.port, host: '0.0.0.0', localAddress: '127.0.0.2' });
  await once(socket, 'connect');
  assert.deepEqual([socket.remoteAddress, socket.localAddress], ['127.0.0.2', '127.0.0.2']);
  socket.destroy();
  second.server.close();
});

check('a datagram to 127.0.0.2 is not heard at ::1, nor one to ::1 at 127.0.0.1', async () => {
  for (const [type, from, at, to] of [
    ['udp6', 'udp4', '::1', '127.0.0.2'],
    ['udp4', 'udp6', '127.0.0.1', '::1'],
  ] as const) {
    const receiver = dgram.createSocket(type);
    receiver.on('message', () => assert.fail(`${at} heard what was sent to ${to}`));
    const port = await bound(receiver, 0, at);
    const sender = dgram.createSocket(from);
    await new Promise<void>((resolve, reject) =>
      sender.send('stray', port, to, (error, bytes) => (error ? reject(error) : resolve(assert.equal(bytes, 5)))),
    );
    // One that is connected is told.
    const connected = dgram.createSocket(from);
    connected.connect(port, to);
    await once(connected, 'connect');
    connected.send('stray');
    assert.equal((await errorOf(connected)).code, 'ECONNREFUSED');
    for (const socket of [receiver, sender, connected]) socket.close();
  }
});

check('a block list means the loopback address that it names', { node: 22 }, async () => {
  const server = net.createServer({ blockList: listOf('::1') }, (socket) => socket.end('in'));
  const port = await listening(server, 0, '127.0.0.1');
  assert.equal(await exchange({ port, host: '127.0.0.1', blockList: listOf('::1') }), 'in');
  const error = await errorOf(net.connect({ port, host: '127.0.0.1', blockList: listOf('127.0.0.1') }));
  assert.equal(error.code, 'ERR_IP_BLOCKED');
  server.close();
});

check('of datagrams too', { node: 24 }, async () => {
  const receiver = dgram.createSocket({ type: 'udp4', receiveBlockList: listOf('::1') });
  const port = await bound(receiver, 0, '127.0.0.1');
  const sender = dgram.createSocket({ type: 'udp4', sendBlockList: listOf('::1') });
  const message = once(receiver, 'message');
  sender.send('in', port, '127.0.0.1');
  assert.equal(String((await message)[0]), 'in');
  for (const socket of [receiver, sender]) socket.close();
});

check('an address that the kernel would refuse is refused beside a listener on 0.0.0.0 too', async () => {
  const { server, port } = await echoServer();
  for (const [host, code] of [
    ['fe80::1', 'EINVAL'],
    ['ff02::1', 'EINVAL'],
    ['100::1', 'EADDRNOTAVAIL'],
  ]) {
    const other = net.createServer();
    const refused = errorOf(other);
    other.listen(port, host);
    assert.equal((await refused).code, code, host);
  }
  server.close();
});

check('TCP listens on a group address, where nobody comes', { on: ['v6', 'lo4', 'dual'] }, async () => {
  const server = net.createServer();
  await listening(server, 0, '224.0.0.1');
  assert.equal(addressOf(server).address, '224.0.0.1');
  server.close();
});

check('an object that reads as an address is one', async () => {
  // Which Node.js allows, and its types do not.
  const asAddress = { toString: () => '127.0.0.1' } as string;
  const { server, port } = await echoServer('127.0.0.1');
  const socket = net.connect({ port, host: '127.0.0.1', localAddress: asAddress });
  await once(socket, 'connect');
  assert.equal(socket.localAddress, '127.0.0.1');
  socket.destroy();
  server.close();
});

check('a udp4 socket that could not be bound has a name and options, and can be bound', async () => {
  for (const [port, address, code] of [
    [0, '198.51.100.77', 'EADDRNOTAVAIL'],
    ['taken', '127.0.0.1', 'EADDRINUSE'],
  ] as const) {
    const taken = dgram.createSocket('udp4');
    const takenPort = await bound(taken, 0, '127.0.0.1');
    const socket = dgram.createSocket('udp4');
    socket.bind(port === 'taken' ? takenPort : port, address);
    assert.equal((await errorOf(socket)).code, code);
    assert.deepEqual(socket.address(), { address: '0.0.0.0', family: 'IPv4', port: 0 });
    assert.throws(() => socket.setMulticastInterface('::1'), { code: 'ENOPROTOOPT' });
    socket.setTTL(9);
    await bound(socket, 0, '127.0.0.1');
    assert.equal(socket.address().address, '127.0.0.1');
    for (const one of [taken, socket]) one.close();
  }
});

check('a udp4 socket refuses what is no IPv4 peer, group or interface as an AF_INET socket does', async () => {
  const socket = dgram.createSocket('udp4');
  await bound(socket, 0);
  for (const address of ['::', '::1', '::0001', '::ffff:127.0.0.1', '0:0:0:0:0:ffff:7f00:1', 'ff02::1']) {
    assert.equal(codeOf(await sent(socket, 'x', 9, address)), 'EINVAL', address);
  }
  assert.throws(() => socket.addMembership('ff02::fb'), { code: 'ENOPROTOOPT' });
  assert.throws(() => socket.addMembership('239.1.2.3', ''), { code: 'EINVAL' });
  assert.throws(() => socket.addMembership('127.0.0.1'), { code: 'EINVAL' });
  assert.throws(() => socket.dropMembership('239.1.2.3'), { code: 'EADDRNOTAVAIL' });
  assert.throws(() => socket.dropSourceSpecificMembership('127.0.0.1', '232.1.2.3'), { code: 'EINVAL' });
  assert.throws(() => socket.setMulticastInterface('::'), { code: 'ENOPROTOOPT' });
  socket.close();
});

check('who joins a group before it is bound as IPv6 has an IPv6 socket', async () => {
  const socket = dgram.createSocket('udp4');
  socket.addMembership('ff02::fb', '::%eth0');
  assert.equal(socket.address().family, 'IPv6');
  socket.bind(0);
  assert.equal((await errorOf(socket)).code, 'EINVAL');
  socket.close();
});
