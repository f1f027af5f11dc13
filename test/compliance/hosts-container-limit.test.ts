import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { beyond, OUTSIDE4, OUTSIDE4_EMBEDDED, WHO_PORT } from '../support/beyond.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// A router as Linux sets it up: it answers two datagrams that it denies, and no more while others come.
const check = suite(import.meta.url, { on: ['container'], second: true });

check('a program that sends datagram after datagram goes on through the NAT64', async () => {
  assert.deepEqual(await beyond('limit', { ms: 1000 }), {});
  const socket = dgram.createSocket('udp4');
  const timer = setInterval(() => socket.send('x', WHO_PORT, OUTSIDE4), 20);
  const [message, { address }] = await once(socket, 'message');
  clearInterval(timer);
  socket.close();
  assert.deepEqual([String(message), address], [`${OUTSIDE4_EMBEDDED} ${HOST6}`, OUTSIDE4]);
});
