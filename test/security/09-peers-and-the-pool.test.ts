import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import dns from 'node:dns/promises';
import os from 'node:os';
import { beyond, INSIDE6 } from '../support/beyond.js';
import { connected, withUdpServer } from '../support/host-table.js';
import { bound, HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Claim 9: peers cannot use up the pool for names, however many source addresses they have. Link-local peers read as what they
// are, and everybody on the link has as many of those addresses as he wants.
const check = suite(import.meta.url, { on: ['v6', 'docker'], second: true, dns: 'plain' });

const FLOOD = 66_000;

check('sixty-six thousand link-local peers leave the pool to names', { timeoutMs: 60_000 }, async () => {
  const socket = dgram.createSocket('udp4');
  let heard = 0;
  let last = '';
  socket.on('message', (_, peer) => {
    heard += 1;
    last = peer.address;
  });
  const port = await bound(socket, 0, '0.0.0.0');
  // A receiver that is too slow loses some; so more are sent until as many as the first edition's pool had have come.
  for (let round = 0; heard < FLOOD && round < 12; round++) {
    const from = `fe80::${(round + 1).toString(16)}:0:0`;
    assert.deepEqual(await beyond('forge', { from, to: HOST6, port, text: 'x', count: 33_000 }), {});
  }
  assert.ok(heard >= FLOOD, `heard ${heard}`);
  assert.match(last, /^fe80::[\da-f:]+%eth0$/);
  for (const name of ['ula.example.org', 'outside6.example.org', 'six-77.example.org']) await dns.lookup(name, 4);
  assert.match((await connected({ host: 'ula.example.org', family: 4 })).said as string, new RegExp(`^${INSIDE6} `));
  socket.close();
});

check('a link-local peer is answered at the address that it reads as', () =>
  withUdpServer([0, '0.0.0.0'], async (port) => {
    const address = os.networkInterfaces().eth0?.find((info) => info.address.startsWith('fe80:'))?.address;
    const { said } = await beyond('udp', { host: `${address}%eth0`, port });
    assert.match(said as string, /^fe80::[\da-f:]+%eth0$/);
  }),
);
