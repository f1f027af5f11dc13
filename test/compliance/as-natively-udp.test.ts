import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import type { LookupOneOptions } from 'node:dns';
import { once } from 'node:events';
import net from 'node:net';
import { codeOf } from '../support/errors.js';
import { bound, errorOf, HOST4, ownAddress, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Datagram sockets at the edges of the API, found by `npm run test:native`: where there is no IPv4 they are as on a dual-stack host.
const check = suite(import.meta.url);

const GROUP = '239.1.2.3';
const NOBODYS = '198.51.100.77';

/** The code of what a call throws. */
function thrownBy(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return codeOf(error);
  }
  return undefined;
}

async function bindFails(socket: dgram.Socket, port: number, address: string): Promise<string | undefined> {
  const failed = errorOf(socket);
  socket.bind(port, address);
  return (await failed).code;
}

const textOf = async (socket: dgram.Socket) => String((await once(socket, 'message'))[0]);

check('what is set and joined after a bind has failed holds once another one works', async () => {
  const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  assert.equal(await bindFails(socket, 0, NOBODYS), 'EADDRNOTAVAIL');
  assert.deepEqual(socket.address(), { address: '0.0.0.0', family: 'IPv4', port: 0 });
  assert.equal(
    thrownBy(() => socket.setTTL(0)),
    'EINVAL',
  );
  socket.setTTL(9);
  socket.setRecvBufferSize(8192);
  const size = socket.getRecvBufferSize();
  assert.equal(
    thrownBy(() => socket.setMulticastInterface('::1')),
    'ENOPROTOOPT',
  );
  assert.equal(
    thrownBy(() => socket.dropMembership(GROUP, ownAddress())),
    'EADDRNOTAVAIL',
  );
  socket.setMulticastInterface(ownAddress());
  socket.addMembership(GROUP, ownAddress());
  assert.equal(
    thrownBy(() => socket.addMembership(GROUP, ownAddress())),
    'EADDRINUSE',
  );
  // Neither family is settled yet.
  assert.equal(await bindFails(socket, 0, NOBODYS), 'EADDRNOTAVAIL');
  const port = await bound(socket, 0);
  assert.equal(socket.getRecvBufferSize(), size);
  const heard = textOf(socket);
  assert.equal(await sent(socket, 'to the group', port, GROUP), null);
  assert.equal(await heard, 'to the group');
  socket.dropMembership(GROUP, ownAddress());
  socket.close();
});

check('after a bind has failed an address of either family can be bound', async () => {
  for (const address of ['127.0.0.1', '0.0.0.0', HOST4, GROUP]) {
    const socket = dgram.createSocket('udp4');
    assert.equal(await bindFails(socket, 0, NOBODYS), 'EADDRNOTAVAIL');
    await bound(socket, 0, address);
    assert.equal(socket.address().address, address);
    socket.close();
  }
});

check('a udp4 socket for IPv6 alone is none', async () => {
  const socket = dgram.createSocket({ type: 'udp4', ipv6Only: true });
  assert.equal(await bindFails(socket, 0, NOBODYS), 'EINVAL');
  assert.equal(
    thrownBy(() => socket.address()),
    'EBADF',
  );
  socket.close();
});

check('a socket that is bound already says so, or that the address is nobody’s', async () => {
  const socket = dgram.createSocket('udp4');
  socket.addMembership(GROUP, ownAddress());
  assert.equal(await bindFails(socket, 0, NOBODYS), 'EADDRNOTAVAIL');
  assert.equal(await bindFails(socket, 0, '127.0.0.1'), 'EINVAL');
  socket.close();
});

check('a port of 0.0.0.0 is taken for the broadcast address too', { on: ['v6', 'lo4', 'dual'] }, async () => {
  const first = dgram.createSocket('udp4');
  const port = await bound(first, 0);
  const second = dgram.createSocket('udp4');
  assert.equal(await bindFails(second, port, '255.255.255.255'), 'EADDRINUSE');
  for (const socket of [first, second]) socket.close();
});

check('a udp6 socket that joins an IPv4 group before it is bound has an IPv4 socket', async () => {
  const socket = dgram.createSocket('udp6');
  socket.addMembership(GROUP, ownAddress());
  assert.equal(socket.address().family, 'IPv4');
  assert.equal(await bindFails(socket, 0, '::'), 'EINVAL');
  socket.dropMembership(GROUP, ownAddress());
  socket.close();
});

check('a dual udp6 socket joins IPv4 groups and hears them', async () => {
  const member = dgram.createSocket({ type: 'udp6', reuseAddr: true });
  const port = await bound(member, 0);
  for (const by of [undefined, 'eth0', '::']) {
    const code = thrownBy(() => member.dropMembership(GROUP, by));
    assert.equal(code, by === undefined ? 'EADDRNOTAVAIL' : 'EINVAL', by);
  }
  assert.equal(
    thrownBy(() => member.addMembership('127.0.0.1')),
    'EINVAL',
  );
  member.addMembership(GROUP, ownAddress());
  member.setMulticastInterface(ownAddress());
  assert.equal(
    thrownBy(() => member.setMulticastInterface(NOBODYS)),
    'EADDRNOTAVAIL',
  );
  const sender = dgram.createSocket('udp4');
  await bound(sender, 0);
  sender.setMulticastInterface(ownAddress());
  const heard = textOf(member);
  assert.equal(await sent(sender, 'to the group', port, GROUP), null);
  assert.equal(await heard, 'to the group');
  member.dropMembership(GROUP, ownAddress());
  for (const socket of [member, sender]) socket.close();
});

check('a udp6 socket that hears IPv6 alone joins and leaves IPv4 groups all the same', async () => {
  for (const [ipv6Only, address] of [
    [true, '::'],
    [false, '::1'],
  ] as const) {
    const socket = dgram.createSocket({ type: 'udp6', ipv6Only });
    await bound(socket, 0, address);
    socket.addMembership(GROUP, ownAddress());
    socket.addSourceSpecificMembership(HOST4, '232.1.2.3', ownAddress());
    assert.equal(
      thrownBy(() => socket.addMembership(GROUP, ownAddress())),
      'EADDRINUSE',
    );
    socket.dropMembership(GROUP, ownAddress());
    assert.equal(
      thrownBy(() => socket.dropMembership(GROUP, ownAddress())),
      'EADDRNOTAVAIL',
    );
    socket.setMulticastInterface(ownAddress());
    socket.close();
  }
});

check('an address of this host beyond the NAT64 names its interface', async () => {
  const socket = dgram.createSocket('udp4');
  await bound(socket, 0);
  socket.setMulticastInterface(HOST4);
  socket.addMembership(GROUP, HOST4);
  socket.dropMembership(GROUP, HOST4);
  socket.close();
});

check('a socket that was disconnected is on the IPv4 loopback as before', async () => {
  const server = dgram.createSocket('udp6');
  const port = await bound(server, 0);
  const client = dgram.createSocket('udp4');
  client.connect(port, '127.0.0.1');
  await once(client, 'connect');
  client.disconnect();
  client.send('hello', port, '127.0.0.1');
  const [, { address }] = await once(server, 'message');
  assert.equal(address, '::ffff:127.0.0.1');
  assert.notEqual(client.address().port, 0);
  for (const socket of [server, client]) socket.close();
});

check('a socket that is connected to 127.0.0.2 does not hear 127.0.0.1', async () => {
  const server = dgram.createSocket('udp4');
  const port = await bound(server, 0);
  const client = dgram.createSocket('udp4');
  client.connect(port, '127.0.0.2');
  await once(client, 'connect');
  client.on('message', (message) => assert.fail(`heard ${message}`));
  client.send('question');
  const [, sender] = await once(server, 'message');
  assert.equal(await sent(server, 'answer', sender.port, '127.0.0.1'), null);
  // What comes after it has come.
  const own = dgram.createSocket('udp4');
  const heard = textOf(own);
  await bound(own, 0, '127.0.0.1');
  assert.equal(await sent(server, 'last', own.address().port, '127.0.0.1'), null);
  assert.equal(await heard, 'last');
  for (const socket of [server, client, own]) socket.close();
});

check('a look-up may answer with an object that reads as an address', async () => {
  const asAddress = { toString: () => '127.0.0.1' } as unknown as string;
  const lookup = (_: string, __: LookupOneOptions, callback: (error: null, address: string, family: number) => void) =>
    callback(null, asAddress, 4);
  const server = dgram.createSocket('udp4');
  const port = await bound(server, 0, '127.0.0.1');
  const sender = dgram.createSocket({ type: 'udp4', lookup });
  const heard = textOf(server);
  sender.connect(port, 'name.example.org');
  await once(sender, 'connect');
  sender.send('sent');
  assert.equal(await heard, 'sent');
  for (const socket of [server, sender]) socket.close();
});

check('a socket that is bound to an IPv4-mapped address reaches no IPv6 one', async () => {
  const socket = dgram.createSocket('udp6');
  await bound(socket, 0, '::ffff:127.0.0.1');
  assert.equal((await sent(socket, 'x', 9, '2001:db8:1::2'))?.code, 'EAFNOSUPPORT');
  assert.equal((await sent(socket, 'x', 9, 'fe80::1%lo'))?.code, 'ENETUNREACH');
  const refused = errorOf(socket);
  socket.connect(9, 'fe80::1%lo');
  assert.equal((await refused).code, 'ENETUNREACH');
  socket.close();
  for (const [host, code] of [
    ['2001:db8:1::2', 'EAFNOSUPPORT'],
    ['fe80::1%lo', 'ENETUNREACH'],
    ['ff02::9', 'ENETUNREACH'],
  ] as const)
    assert.equal((await errorOf(net.connect({ port: 9, host, localAddress: '::ffff:127.0.0.1' }))).code, code, host);
});

check('a TCP client that is bound to a group is, until it is connected', { on: ['v6', 'lo4', 'dual'] }, async () => {
  const error = await errorOf(net.connect({ port: 9, host: '224.0.0.1', localAddress: '224.0.0.1' }));
  assert.match(error.message, /^connect ENETUNREACH 224\.0\.0\.1:9 - Local \(224\.0\.0\.1:\d+\)$/);
  const server = net.createServer((socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect({ port, host: '127.0.0.1', localAddress: '224.0.0.1' });
  await once(client, 'connect');
  assert.equal(client.localAddress, '127.0.0.1');
  client.destroy();
  server.close();
});

check('a datagram to 0.0.0.0 goes to the address that its socket has', async () => {
  const server = dgram.createSocket('udp4');
  const port = await bound(server, 0, HOST4);
  const sender = dgram.createSocket('udp4');
  await bound(sender, 0, HOST4);
  const heard = textOf(server);
  assert.equal(await sent(sender, 'to itself', port, '0.0.0.0'), null);
  assert.equal(await heard, 'to itself');
  for (const socket of [server, sender]) socket.close();
});

// With 127.0.0.1 alone the kernel has no way there from an address beyond the NAT64: such a connect is made without it.
const on = ['noinet', 'v6', 'dual'] as const;

check('to a client that is bound to an IPv4-mapped address :: is the IPv4 loopback', { on }, async () => {
  const server = net.createServer((socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect({ port, host: '::', localAddress: `::ffff:${HOST4}` });
  await once(client, 'connect');
  assert.equal(client.remoteAddress, '::ffff:127.0.0.1');
  client.destroy();
  server.close();
});

check('a listener on :: is told which address of 127.0.0.0/8 was asked for', { on }, async () => {
  const server = net.createServer();
  server.listen(0, '::');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect({ port, host: '127.0.0.2', localAddress: HOST4 });
  const [accepted] = (await once(server, 'connection')) as [net.Socket];
  const { remoteAddress, localAddress } = accepted;
  assert.deepEqual([remoteAddress, localAddress], [`::ffff:${HOST4}`, '::ffff:127.0.0.2']);
  for (const socket of [client, accepted]) socket.destroy();
  server.close();
});
