import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import dns from 'node:dns/promises';
import { once } from 'node:events';
import { beyond, OUTSIDE6 } from '../support/beyond.js';
import { connected } from '../support/host-table.js';
import { inRepository } from '../support/paths.js';
import { bound, HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Claim 9, where a policy shows peers as addresses of the pool: theirs is a quota of its own. The pool has six addresses.
const policy = inRepository('test/security/fixtures/small-pool.json');
const check = suite(import.meta.url, {
  on: ['v6', 'lo4', 'docker'],
  second: true,
  dns: 'plain',
  env: { V6ONLY_POLICY: policy },
});

check('two hundred peers leave the pool to names', async () => {
  const socket = dgram.createSocket('udp4');
  const seen = new Set();
  socket.on('message', (_, peer) => seen.add(peer.address));
  const port = await bound(socket, 0, '0.0.0.0');
  await beyond('forge', { from: '2001:db8:bad::1', to: HOST6, port, text: 'x', count: 200 });
  // The last one is an honest one, after which all have been heard.
  const heard = once(socket, 'message', { signal: AbortSignal.timeout(20_000) });
  await beyond('send', { host: HOST6, port, from: OUTSIDE6, text: 'x' });
  await heard;
  assert.ok(seen.size > 0);
  const { address } = await dns.lookup('outside6.example.org', 4);
  assert.match(address, /^198\.18\.0\.[1-6]$/);
  assert.match(
    (await connected({ host: 'outside6.example.org', family: 4 })).said as string,
    new RegExp(`^${OUTSIDE6} `),
  );
  socket.close();
});
