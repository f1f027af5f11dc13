import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { beyond } from '../support/beyond.js';
import { bound, HOST6, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Claim 6 for a datagram socket on 127.0.0.1 that a rule has sent to an address of this host: another host can forge that
// address, and the port.
const NAMED4 = '10.0.0.5';
const check = suite(import.meta.url, {
  on: ['v6', 'lo4', 'dual', 'docker'],
  second: true,
  env: { V6ONLY_POLICY: JSON.stringify({ rules: [{ match: NAMED4, to: HOST6 }] }) },
});

check('a socket on 127.0.0.1 hears the address that it asked, and no other host', async () => {
  const peer = dgram.createSocket({ type: 'udp6', ipv6Only: true });
  // The port of forged datagrams.
  const peerPort = await bound(peer, 4000, HOST6);
  const socket = dgram.createSocket('udp4');
  await bound(socket, 0, '127.0.0.1');
  const heard: string[] = [];
  socket.on('message', (message, { address, port }) => heard.push(`${message} ${address} ${port === peerPort}`));
  const asked = once(peer, 'message');
  assert.equal(await sent(socket, 'x', peerPort, NAMED4), null);
  const [, { address, port }] = await asked;
  await beyond('forge', { from: HOST6, to: HOST6, port, text: 'forged' });
  peer.send('answer', port, address);
  while (!heard.some((line) => line.startsWith('answer'))) await once(socket, 'message');
  assert.deepEqual(heard, [`answer ${NAMED4} true`]);
  socket.close();
  peer.close();
});
