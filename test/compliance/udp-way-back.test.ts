// What a NAT64 cannot carry, and the way to a peer who answered through another NAT64 than the one that is asked.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { beyond, OUTSIDE4, OUTSIDE4_EMBEDDED, OUTSIDE6 } from '../support/beyond.js';
import { bound, HOST4, HOST6, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url, {
  on: ['v6', 'lo4'],
  second: true,
  env: { V6ONLY_NAT64: '64:ff9b::/96,2001:db8:64::/96' },
});

const BOTH = [
  ['udp4', ''],
  ['udp6', '::ffff:'],
] as const;

check('a datagram has the longest payload of IPv4, and none longer', { on: ['v6', 'lo4', 'dual'] }, async () => {
  for (const [type, prefix] of BOTH) {
    for (const address of [OUTSIDE4, HOST4, '127.0.0.1', '239.1.1.1', '255.255.255.255']) {
      for (const isConnected of [false, true]) {
        const socket = dgram.createSocket(type);
        await bound(socket);
        socket.setBroadcast(true);
        if (isConnected) {
          socket.connect(9, prefix + address);
          await once(socket, 'connect');
        }
        const send = (length: number) =>
          isConnected
            ? new Promise<NodeJS.ErrnoException | null>((resolve) => socket.send(Buffer.alloc(length), resolve))
            : sent(socket, 'x'.repeat(length), 9, prefix + address);
        assert.equal((await send(65_508))?.code, 'EMSGSIZE', `${type} ${address}`);
        if (address === OUTSIDE4) assert.equal((await send(65_507))?.code, undefined, type);
        socket.close();
      }
    }
  }
});

for (const [type, prefix] of BOTH) {
  check(`a ${type} socket answers through the NAT64 by which the peer came`, async () => {
    const socket = dgram.createSocket(type);
    const port = await bound(socket);
    socket.on('message', (message, peer) => {
      assert.equal(peer.address, `${prefix}192.0.2.81`);
      socket.send(`re: ${message}`, peer.port, peer.address);
    });
    const how = { host: HOST6, port, localAddress: '2001:db8:64::c000:251', text: 'x' };
    assert.equal((await beyond('udp', how)).said, 're: x');
    socket.close();
  });
}

check('a way back that leads nowhere any more is given up', async () => {
  const socket = dgram.createSocket('udp4');
  const port = await bound(socket, 0, '0.0.0.0');
  const heard = once(socket, 'message');
  await beyond('forge', { from: '2001:db8:64::c000:250', to: HOST6, port, text: 'late' });
  const [, peer] = await heard;
  assert.equal(peer.address, OUTSIDE4);
  execFileSync('ip', ['-6', 'route', 'replace', 'unreachable', '2001:db8:64::/96']);
  assert.equal(await sent(socket, 'x', peer.port, peer.address), null);
  socket.close();
});

check('a group that one of two sockets on a port has joined scatters no datagram of a stranger', async () => {
  const four = dgram.createSocket('udp4');
  const six = dgram.createSocket({ type: 'udp6', ipv6Only: true });
  for (const [socket, name] of [
    [four, 'four'],
    [six, 'six'],
  ] as const)
    socket.on('message', (_, { port, address }) => socket.send(name, port, address));
  const port = await bound(four, 0, '0.0.0.0');
  four.addMembership('224.0.0.251');
  await bound(six, port, '::');
  // Each has another port, by which the kernel chooses one of the sockets.
  for (let i = 0; i < 8; i++) {
    assert.equal((await beyond('udp', { host: HOST6, port, localAddress: OUTSIDE4_EMBEDDED, text: '?' })).said, 'four');
    assert.equal((await beyond('udp', { host: HOST6, port, localAddress: OUTSIDE6, text: '?' })).said, 'six');
  }
  for (const socket of [four, six]) socket.close();
});

check('a socket on a loopback address sends to no other host', { on: ['v6', 'lo4', 'dual'] }, async () => {
  const socket = dgram.createSocket('udp4');
  await bound(socket, 0, '127.0.0.1');
  assert.equal((await sent(socket, 'x', 9, OUTSIDE4))?.code, 'EINVAL');
  assert.equal((await sent(socket, 'x', 9, '10.1.2.3'))?.code, 'EINVAL');
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) =>
    socket.connect(9, OUTSIDE4, (...[error]: NodeJS.ErrnoException[]) => resolve(error)),
  );
  assert.equal(failure?.code, 'EINVAL');
  socket.close();
});
