import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import dns from 'node:dns/promises';
import { once } from 'node:events';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { beyond, NEIGHBOURS, OUTSIDE4, OUTSIDE4_EMBEDDED, OWN4, WHO_PORT } from '../support/beyond.js';
import { connected } from '../support/host-table.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// A program gives a connect up and uses the socket for another. What v6only still planned for the first must not touch it.
const check = suite(import.meta.url, {
  on: ['container', 'dual'],
  second: true,
  env: { V6ONLY_NAT64: '' },
  dns: 'held',
  flags: ['--expose-gc'],
});

const [NEIGHBOUR] = NEIGHBOURS.container;
const BY_NEIGHBOUR = `${NEIGHBOUR} ${OWN4.container.address}`;
/** How many "unreachable" the router has sent. */
const denials = async () => Number((await beyond('counters', {}))['Icmp:OutDestUnreachs']);

/** What the socket was told by the one whom it reached, and everything else that happened to it. */
function watched(socket: net.Socket) {
  const seen: string[] = [];
  socket.setEncoding('utf8').on('data', (said) => seen.push(String(said)));
  for (const event of ['connect', 'close']) socket.on(event, () => seen.push(event));
  socket.on('error', ({ message }) => seen.push(message));
  return seen;
}

check('a connect that waits for the prefix is given up with its handle', { on: ['container'] }, async () => {
  const before = await denials();
  // By destroy(), and by the time limit of Happy Eyeballs.
  const reused = new net.Socket({ allowHalfOpen: true });
  const seen = watched(reused);
  reused.connect(WHO_PORT, OUTSIDE4);
  const second = net.connect({
    port: WHO_PORT,
    host: 'name.example.org',
    allowHalfOpen: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: 250,
    lookup: (_name, _options, done) =>
      done(null, [
        { address: '192.0.2.81', family: 4 },
        { address: NEIGHBOUR, family: 4 },
      ]),
  });
  const secondSeen = watched(second);
  const secondConnected = once(second, 'connect');
  while ((await denials()) < before + 1) await turn();
  // The answers arrive with the next turn of the event loop.
  await beyond('counters', {});
  reused.destroy();
  await once(reused, 'close');
  reused.connect(WHO_PORT, NEIGHBOUR);
  await Promise.all([once(reused, 'connect'), secondConnected]);

  await dns.resolve4('release.example.org').catch(() => {});
  assert.equal((await connected({ host: OUTSIDE4 })).said, `${OUTSIDE4_EMBEDDED} ${HOST6}`);
  assert.deepEqual(seen, ['close', 'connect', BY_NEIGHBOUR]);
  assert.deepEqual(secondSeen, ['connect', BY_NEIGHBOUR]);
  assert.equal(reused.remoteAddress, NEIGHBOUR);
  assert.equal(second.remoteAddress, NEIGHBOUR);
  reused.destroy();
  second.destroy();
});

check('sockets whose attempts took too long are not kept', { on: ['dual'] }, async () => {
  // The router is silent: it has a hardware address that nobody has.
  execFileSync('ip', 'neigh replace 198.51.100.1 lladdr 02:00:00:00:00:77 dev eth0 nud permanent'.split(' '));
  const addresses = ['192.0.2.91', '192.0.2.92'].map((address) => ({ address, family: 4 }));
  const sockets = Array.from({ length: 20 }, () => {
    const socket = net.connect({
      port: 9,
      host: 'name.example.org',
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: 10,
      lookup: (_name, _options, done) => done(null, addresses),
    });
    // The second attempt has no limit of its own.
    socket.once('connectionAttemptTimeout', () => setImmediate(() => socket.destroy()));
    return new Promise<WeakRef<net.Socket>>((resolve) => socket.on('close', () => resolve(new WeakRef(socket))));
  });
  const refs = await Promise.all(sockets);
  for (let tries = 0; tries < 20 && refs.some((ref) => ref.deref()); tries++) {
    await turn();
    global.gc?.();
  }
  // The engine itself may hold the last one.
  assert.ok(refs.filter((ref) => ref.deref()).length < 2);
});
