import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { beyond, OUTSIDE4, OUTSIDE4_EMBEDDED, OWN4 } from '../support/beyond.js';
import { answered, kindHere } from '../support/host-table.js';
import { bound, HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// An IPv6 datagram may come from `::ffff:127.0.0.1`: the kernel hands it to an AF_INET6 socket that hears IPv4 as if it were
// IPv4. To a udp4 socket of this program no such datagram reads as an IPv4 address.
const check = suite(import.meta.url, { on: ['v6', 'lo4', 'docker'], second: true });

const MAPPED = [
  '127.0.0.1',
  '10.0.0.1',
  '0.0.0.1',
  OUTSIDE4,
  kindHere === 'docker' ? OWN4.docker.address : '169.254.169.254',
];

/** Sends a forged datagram from each address, then an honest one, and resolves to who was heard until that. */
async function heardFrom(socket: dgram.Socket, sources: string[]) {
  const { port } = socket.address();
  const heard: { message: string; address: string; family: string }[] = [];
  socket.on('message', (message, { address, family }) => heard.push({ message: String(message), address, family }));
  for (const from of sources) assert.deepEqual(await beyond('forge', { from, to: HOST6, port, text: `${from}` }), {});
  await beyond('send', { host: HOST6, port, from: OUTSIDE4_EMBEDDED, text: 'honest' });
  while (!heard.some(({ message }) => message === 'honest')) await once(socket, 'message');
  assert.deepEqual(heard.pop(), { message: 'honest', address: OUTSIDE4, family: 'IPv4' });
  return heard;
}

const BINDS: [port: number, host?: string][] = [[0], [0, '0.0.0.0'], [7700], [7701, '0.0.0.0']];

for (const bind of BINDS) {
  check(`a socket bound to ${bind.join(' ')} hears no mapped source`, async () => {
    const socket = dgram.createSocket('udp4');
    await bound(socket, ...bind);
    const heard = await heardFrom(
      socket,
      MAPPED.map((ipv4) => `::ffff:${ipv4}`),
    );
    assert.deepEqual(heard, []);
    socket.close();
  });
}

check('a socket that has spoken to the world before hears none either', async () => {
  const socket = dgram.createSocket('udp4');
  assert.equal((await answered(socket, OUTSIDE4)).address, OUTSIDE4);
  const heard = await heardFrom(
    socket,
    MAPPED.map((ipv4) => `::ffff:${ipv4}`),
  );
  assert.deepEqual(heard, []);
  socket.close();
});

check('a socket that is connected to 127.0.0.1 hears none in its name', async () => {
  const peer = dgram.createSocket('udp4');
  await bound(peer, 0, '127.0.0.1');
  const socket = dgram.createSocket('udp4');
  socket.connect(peer.address().port, '127.0.0.1');
  await once(socket, 'connect');
  const heard: string[] = [];
  socket.on('message', (message) => heard.push(String(message)));
  await beyond('forge', { from: '::ffff:127.0.0.1', to: HOST6, port: socket.address().port, text: 'forged' });
  peer.send('honest', socket.address().port, '127.0.0.1');
  while (!heard.includes('honest')) await once(socket, 'message');
  assert.deepEqual(heard, ['honest']);
  socket.close();
  peer.close();
});

check('a forged own address of this host reads as no IPv4 address', async () => {
  const socket = dgram.createSocket('udp4');
  await bound(socket, 0, '0.0.0.0');
  const heard = await heardFrom(socket, [HOST6, '2001:db8:2::9', '64:ff9b::7f00:1', '64:ff9b::cb00:7107']);
  assert.equal(heard.length, 4);
  for (const { message, address } of heard) {
    assert.ok(net.isIPv6(address) || address === '203.0.113.7', `${message} read as ${address}`);
  }
  socket.close();
});

/** Hosts from which IPv4 works, and which hear IPv6 peers too. */
const PEERS = { on: ['egress', 'clat'] as const };
/** The port from which forged datagrams come. */
const FORGE_PORT = 4000;

for (const type of ['udp4', 'udp6'] as const) {
  check(`a datagram from under a prefix diverts no answer of a ${type} server to an IPv4 peer`, PEERS, async () => {
    const socket = dgram.createSocket(type);
    await bound(socket, 0, type === 'udp4' ? '0.0.0.0' : '::');
    const { port } = socket.address();
    const heard: string[] = [];
    socket.on('message', (message, peer) => {
      heard.push(String(message));
      socket.send(peer.address, peer.port, peer.address);
    });
    const asked = async (host: string, localAddress: string) =>
      (await beyond('udp', { host, port, localAddress, localPort: FORGE_PORT })).said;
    const overIPv4 = () => asked(OWN4[kindHere as 'egress'].address, OUTSIDE4);
    const peer = type === 'udp4' ? OUTSIDE4 : `::ffff:${OUTSIDE4}`;
    assert.equal(await overIPv4(), peer);
    await beyond('forge', { from: OUTSIDE4_EMBEDDED, to: HOST6, port, text: 'forged' });
    while (!heard.includes('forged')) await once(socket, 'message');
    assert.equal(await overIPv4(), peer);
    // Who is really there is answered too.
    assert.equal(await asked(HOST6, OUTSIDE4_EMBEDDED), OUTSIDE4_EMBEDDED);
    assert.equal(await overIPv4(), peer);
    socket.close();
  });
}
