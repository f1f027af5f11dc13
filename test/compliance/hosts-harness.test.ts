import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import {
  beyond,
  CONTAINER,
  NEIGHBOURS,
  OUTSIDE4,
  OUTSIDE4_EMBEDDED,
  OUTSIDE6,
  own4,
  WHO_PORT,
} from '../support/beyond.js';
import { ALL_KINDS, type Kind } from '../support/host.js';
import { kindHere } from '../support/host-table.js';
import { HOST6, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// The hosts that have a second one beyond them, without the hook: if these are not what they say, no other test proves
// anything.
const check = suite(import.meta.url, { on: ALL_KINDS, hook: false, second: true });

const GENERAL: Kind[] = ['dual', 'egress', 'clat', 'private'];
const without = (kinds: Kind[]) => ALL_KINDS.filter((kind) => !kinds.includes(kind));

/** What a connection is answered, or why it fails. */
async function ask(host: string, port = WHO_PORT) {
  const socket = net.connect(port, host);
  const failed = once(socket, 'error').then(([error]) => error.code);
  const said = once(socket.setEncoding('utf8'), 'data').then(([text]) => text);
  try {
    return await Promise.race([failed, said]);
  } finally {
    socket.destroy();
  }
}

async function server(use: (port: number) => Promise<void>): Promise<void> {
  const asked = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.end(String(socket.remoteAddress));
  });
  try {
    return await use(await listening(asked, 0, '::'));
  } finally {
    asked.close();
  }
}

check('the second host is there, by IPv6 and beyond the NAT64', async () => {
  assert.equal(await ask(OUTSIDE6), `${OUTSIDE6} ${HOST6}`);
  assert.equal(await ask(OUTSIDE4_EMBEDDED), `${OUTSIDE4_EMBEDDED} ${HOST6}`);
});

check('an IPv4 neighbour is there', { on: without(['noinet', 'v6', 'lo4', 'clat']) }, async () => {
  const kind = kindHere;
  for (const address of NEIGHBOURS[kind]) assert.equal(await ask(address), `${address} ${own4(kind).address}`);
});

check('the IPv4 Internet is there', { on: GENERAL }, async () => {
  assert.equal(await ask(OUTSIDE4), `${OUTSIDE4} ${own4(kindHere).address}`);
});

check('the IPv4 Internet is not there', { on: without(GENERAL) }, async () => {
  assert.match(await ask(OUTSIDE4), /^(ENETUNREACH|EAFNOSUPPORT)$/);
});

check('the second host connects by IPv6, from any address', () =>
  server(async (port) => {
    for (const localAddress of [OUTSIDE6, OUTSIDE4_EMBEDDED, '64:ff9b::7f00:1']) {
      assert.deepEqual(await beyond('tcp', { host: HOST6, port, localAddress }), { said: localAddress });
    }
    assert.equal((await beyond('tcp', { host: HOST6, port: 9 })).error, 'ECONNREFUSED');
  }),
);

check('the second host connects by IPv4', { on: without(['noinet', 'v6', 'lo4']) }, () =>
  server(async (port) => {
    const kind = kindHere;
    const host = own4(kind).address;
    const from = NEIGHBOURS[kind][0] ?? OUTSIDE4;
    const at = kind === 'docker' ? CONTAINER : undefined;
    assert.deepEqual(await beyond('tcp', { host, port, localAddress: from }, at), { said: `::ffff:${from}` });
  }),
);
