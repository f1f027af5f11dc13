// dgram udp4: connected sockets, rinfo, errors, buffers, a relay that tells two peers of each other (as hole punching does)
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { done, REMOTE, within } from '../../../build/test/packages/support/program.js';

const bound = async (port, host) => {
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 200_000 });
  socket.bind(port, host);
  await once(socket, 'listening');
  return socket;
};
const server = await bound(9000, '0.0.0.0');
server.on('message', (message, { address, port }) => server.send(`${message} ${address}`, port, address));
assert.deepEqual(server.address(), { address: '0.0.0.0', family: 'IPv4', port: 9000 });

const connected = dgram.createSocket('udp4');
connected.connect(9000, REMOTE);
await once(connected, 'connect');
assert.deepEqual(connected.remoteAddress(), { address: REMOTE, family: 'IPv4', port: 9000 });
connected.send('a');
const [reply, from] = await within(3000, 'a reply', once(connected, 'message'));
assert.match(String(reply), /^a \d+\.\d+\.\d+\.\d+$/);
assert.deepEqual([from.address, from.family, from.port, from.size], [REMOTE, 'IPv4', 9000, reply.length]);
connected.disconnect();

const client = await bound(0, '127.0.0.1');
client.setTTL(10);
client.setBroadcast(true);
client.send([Buffer.from('b'), Buffer.from('c')], 9000, 'localhost');
assert.equal(String((await within(3000, 'a reply', once(client, 'message')))[0]), 'bc 127.0.0.1');

// A rendezvous server writes the addresses that it sees into a datagram; the peers then talk without it.
const rendezvous = await bound(9001, '0.0.0.0');
const known = [];
rendezvous.on('message', (_message, peer) => {
  known.push(peer);
  if (known.length < 2) return;
  for (const [i, { address, port }] of known.entries()) {
    const other = known[1 - i];
    rendezvous.send(`${other.address}:${other.port}`, port, address);
  }
});
const peers = [await bound(0), await bound(0)];
const told = peers.map((peer) => within(3000, 'the other', once(peer, 'message')));
for (const peer of peers) peer.send('here', 9001, '127.0.0.1');
const others = (await Promise.all(told)).map(([message]) => String(message));
const punched = within(3000, 'the peer', once(peers[1], 'message'));
peers[0].send('direct', Number(others[0].split(':')[1]), others[0].split(':')[0]);
assert.equal(String((await punched)[0]), 'direct');

assert.throws(() => client.setMulticastInterface('203.0.113.99'), { code: 'EADDRNOTAVAIL' });
const taken = dgram.createSocket('udp4');
taken.bind(9000, '0.0.0.0');
const [error] = await once(taken, 'error');
assert.equal(error.message, 'bind EADDRINUSE 0.0.0.0:9000');
const burst = 100;
let count = 0;
server.removeAllListeners('message');
server.on('message', () => {
  count += 1;
});
await Promise.all(
  Array.from({ length: burst }, () => new Promise((resolve) => client.send('x', 9000, '127.0.0.1', resolve))),
);
await within(
  3000,
  'the burst',
  (async () => {
    while (count < burst) await new Promise(setImmediate);
  })(),
);
done();
