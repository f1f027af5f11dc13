import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { codeOf } from '../support/errors.js';
import { type Kind, MORE_KINDS } from '../support/host.js';
import { bound, ELSEWHERE4, errorOf, HOST4, HOST6, ownAddress, PEER6, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url, { on: MORE_KINDS });
const WITHOUT_IPV4: Kind[] = ['noinet', 'v6', 'lo4'];

/** A receiver on `address` and a sender, both udp4. */
async function pair(address = '0.0.0.0') {
  const receiver = dgram.createSocket('udp4');
  const port = await bound(receiver, 0, address);
  const sender = dgram.createSocket('udp4');
  const close = () => {
    receiver.close();
    sender.close();
  };
  return { receiver, port, sender, close };
}

check('a datagram to a literal arrives, and rinfo is IPv4', async () => {
  const { receiver, port, sender, close } = await pair();
  sender.send('ping', port, HOST4);
  const [message, rinfo] = await once(receiver, 'message');
  assert.equal(message.toString(), 'ping');
  assert.deepEqual(rinfo, { address: HOST4, family: 'IPv4', port: sender.address().port, size: 4 });
  close();
});

check('a reply to rinfo comes from the address that was asked', async () => {
  const { receiver, port, sender, close } = await pair(HOST4);
  receiver.on('message', (message, { port, address }) => receiver.send(`re: ${message}`, port, address));
  sender.send('ping', port, HOST4);
  const [message, rinfo] = await once(sender, 'message');
  assert.equal(message.toString(), 're: ping');
  assert.equal(rinfo.address, HOST4);
  assert.equal(rinfo.port, port);
  assert.equal(rinfo.family, 'IPv4');
  close();
});

for (const address of ['0.0.0.0', '127.0.0.1', HOST4]) {
  check(`a socket bound to ${address} says so`, async () => {
    const socket = dgram.createSocket('udp4');
    const port = await bound(socket, 0, address);
    assert.deepEqual(socket.address(), { address, family: 'IPv4', port });
    socket.close();
  });
}

check('127.0.0.1 and a name for it reach a socket on 0.0.0.0', async () => {
  const { receiver, port, sender, close } = await pair();
  for (const host of ['127.0.0.1', 'localhost', undefined]) {
    sender.send(String(host), port, host);
    const [message, rinfo] = await once(receiver, 'message');
    assert.equal(message.toString(), String(host));
    assert.equal(rinfo.address, '127.0.0.1');
  }
  close();
});

check('one socket reaches the loopback and the world alike', async () => {
  const near = await pair('127.0.0.1');
  const far = await pair(HOST4);
  const { sender } = near;
  for (let i = 0; i < 3; i++) {
    sender.send('near', near.port, '127.0.0.1');
    assert.equal(String((await once(near.receiver, 'message'))[0]), 'near');
    sender.send('far', far.port, HOST4);
    assert.equal(String((await once(far.receiver, 'message'))[0]), 'far');
  }
  near.close();
  far.close();
});

check('a socket on the loopback reaches each address of this host, and hears the answer', async () => {
  const { receiver, port, sender, close } = await pair();
  await bound(sender, 0, '127.0.0.1');
  receiver.on('message', (message, peer) => receiver.send(`re: ${message}`, peer.port, peer.address));
  for (const address of [HOST4, ownAddress()].filter(isIPv4)) {
    const answer = once(sender, 'message');
    assert.equal(await sent(sender, address, port, address), null);
    const [message, rinfo] = await answer;
    assert.deepEqual([String(message), rinfo.address, rinfo.port], [`re: ${address}`, '127.0.0.1', port]);
  }
  close();
});

check('a connected socket knows its peer in IPv4', async () => {
  const { receiver, port, sender, close } = await pair(HOST4);
  sender.connect(port, HOST4);
  await once(sender, 'connect');
  assert.deepEqual(sender.remoteAddress(), { address: HOST4, family: 'IPv4', port });
  sender.send('ping');
  const [message, rinfo] = await once(receiver, 'message');
  assert.equal(message.toString(), 'ping');
  receiver.send('pong', rinfo.port, rinfo.address);
  assert.equal(String((await once(sender, 'message'))[0]), 'pong');
  sender.disconnect();
  assert.throws(() => sender.remoteAddress(), { code: 'ERR_SOCKET_DGRAM_NOT_CONNECTED' });
  sender.send('again', port, HOST4);
  assert.equal(String((await once(receiver, 'message'))[0]), 'again');
  close();
});

check('a connected socket hears that nobody listens', async () => {
  const { port, sender, receiver } = await pair(HOST4);
  receiver.close();
  sender.connect(port, HOST4);
  await once(sender, 'connect');
  const failed = errorOf(sender);
  sender.send('anybody?', () => {});
  const error = await failed;
  assert.equal(error.code, 'ECONNREFUSED');
  assert.doesNotMatch(error.message, /::|ff9b/);
  sender.close();
});

check('send calls back after the call, with the number of bytes', async () => {
  const { port, sender, close } = await pair();
  let returned = false;
  const bytes = await new Promise((resolve, reject) => {
    sender.send('12345', port, HOST4, (error, size) =>
      error || !returned ? reject(error ?? 'too early') : resolve(size),
    );
    returned = true;
  });
  assert.equal(bytes, 5);
  close();
});

check('send takes buffers, views, lists and offsets', async () => {
  const { receiver, port, sender, close } = await pair();
  const calls = [
    () => sender.send(Buffer.from('ping'), port, HOST4),
    () => sender.send(new Uint8Array([112, 105, 110, 103]), port, HOST4),
    () => sender.send([Buffer.from('pi'), 'ng'], port, HOST4),
    () => sender.send(Buffer.from('xxpingxx'), 2, 4, port, HOST4),
  ];
  for (const call of calls) {
    call();
    assert.equal(String((await once(receiver, 'message'))[0]), 'ping');
  }
  close();
});

check('datagrams sent before the bind is done are not lost', async () => {
  const { receiver, port, close } = await pair();
  const early = dgram.createSocket('udp4');
  for (let i = 0; i < 5; i++) early.send(String(i), port, HOST4);
  const seen = [];
  while (seen.length < 5) seen.push(String((await once(receiver, 'message'))[0]));
  assert.deepEqual(seen.sort(), ['0', '1', '2', '3', '4']);
  early.close();
  close();
});

check('an empty datagram arrives', async () => {
  const { receiver, port, sender, close } = await pair();
  sender.send('', port, HOST4);
  const [message, rinfo] = await once(receiver, 'message');
  assert.equal(message.length, 0);
  assert.equal(rinfo.size, 0);
  close();
});

check('a socket of type udp4 given an IPv6 address fails as in plain Node.js', { on: ['dual'] }, async () => {
  const { port, sender, close } = await pair();
  const error = await sent(sender, 'x', port, HOST6);
  assert.ok(['EINVAL', 'ENOTFOUND', 'EAI_ADDRFAMILY'].includes(error?.code as string), String(error?.code));
  close();
});

check(
  'an IPv6 peer of a udp4 socket reads as what it is, and can be answered',
  { on: ['noinet', 'v6', 'lo4'] },
  async () => {
    const { receiver, port, close } = await pair();
    const native = dgram.createSocket('udp6');
    await bound(native, 0, PEER6);
    native.send('six', port, HOST6);
    const [, rinfo] = await once(receiver, 'message');
    assert.equal(rinfo.address, PEER6);
    assert.equal(rinfo.family, 'IPv6');
    receiver.send('back', rinfo.port, rinfo.address);
    assert.equal(String((await once(native, 'message'))[0]), 'back');
    native.close();
    close();
  },
);

check('a udp6 socket on :: sees an IPv4 sender as ::ffff:…', async () => {
  const six = dgram.createSocket('udp6');
  const port = await bound(six, 0);
  const sender = dgram.createSocket('udp4');
  sender.send('four', port, HOST4);
  const [, rinfo] = await once(six, 'message');
  assert.equal(rinfo.address, `::ffff:${HOST4}`);
  assert.equal(rinfo.family, 'IPv6');
  six.close();
  sender.close();
});

check('a private address under 64:ff9b::/96 fails with ENETUNREACH and a cause', { on: WITHOUT_IPV4 }, async () => {
  const socket = dgram.createSocket('udp4');
  const error = await sent(socket, 'x', 53, '10.0.0.1');
  assert.equal(codeOf(error), 'ENETUNREACH');
  assert.match(String(error?.message), /^send ENETUNREACH 10\.0\.0\.1:53/);
  assert.equal(error?.address, '10.0.0.1');
  assert.equal(error?.port, 53);
  assert.equal(error?.cause?.code, 'V6ONLY_NOT_TRANSLATABLE');
  socket.close();
});

check('every IPv4 address of the Internet is sent to', { on: WITHOUT_IPV4 }, async () => {
  const { receiver, port, sender, close } = await pair();
  for (const address of [ELSEWHERE4, '8.8.8.8', '240.0.0.1']) {
    sender.send(address, port, address);
    assert.equal(String((await once(receiver, 'message'))[0]), address);
  }
  close();
});

check('a port that is taken says EADDRINUSE in IPv4 terms', async () => {
  const { port, close } = await pair();
  const second = dgram.createSocket('udp4');
  second.bind(port, '0.0.0.0');
  const error = await errorOf(second);
  assert.equal(error.message, `bind EADDRINUSE 0.0.0.0:${port}`);
  assert.equal(error.address, '0.0.0.0');
  second.close();
  close();
});

check('an address that is not the host’s says EADDRNOTAVAIL in IPv4 terms', async () => {
  const socket = dgram.createSocket('udp4');
  socket.bind(5353, '198.51.100.77');
  const error = await errorOf(socket);
  assert.equal(error.message, 'bind EADDRNOTAVAIL 198.51.100.77:5353');
  assert.equal(error.syscall, 'bind');
  socket.close();
});

check('the options of a socket can be set', async () => {
  const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  await bound(socket, 0, '0.0.0.0');
  assert.equal(socket.setTTL(42), 42);
  assert.equal(socket.setMulticastTTL(3), 3);
  assert.equal(socket.setMulticastLoopback(true), true);
  socket.setBroadcast(true);
  socket.setRecvBufferSize(20_000);
  socket.setSendBufferSize(20_000);
  assert.ok(socket.getRecvBufferSize() >= 20_000);
  assert.ok(socket.getSendBufferSize() >= 20_000);
  assert.throws(() => socket.setTTL(256), { code: 'EINVAL' });
  socket.close();
});

check('two sockets share a port with reusePort if both have it', { node: 24 }, async () => {
  const socket = (reusePort: boolean) => dgram.createSocket({ type: 'udp4', reusePort });
  const first = socket(true);
  const port = await bound(first, 0);
  const second = socket(true);
  assert.equal(await bound(second, port), port);
  const third = socket(false);
  third.bind(port);
  assert.equal((await errorOf(third)).code, 'EADDRINUSE');
  for (const one of [first, second, third]) one.close();
});

check('two sockets share a port with reuseAddr', async () => {
  const first = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  const port = await bound(first, 0, '0.0.0.0');
  const second = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  assert.equal(await bound(second, port, '0.0.0.0'), port);
  first.close();
  second.close();
});

check('hundreds of datagrams keep their senders apart', async () => {
  const { receiver, port, close } = await pair(HOST4);
  receiver.on('message', (message, { port, address }) => receiver.send(message, port, address));
  const clients = Array.from({ length: 20 }, () => dgram.createSocket('udp4'));
  await Promise.all(
    clients.map(async (client, n) => {
      for (let i = 0; i < 20; i++) {
        client.send(`${n}:${i}`, port, HOST4);
        const [message] = await once(client, 'message');
        assert.equal(message.toString(), `${n}:${i}`);
      }
      client.close();
    }),
  );
  close();
});
