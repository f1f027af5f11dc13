import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import dns from 'node:dns/promises';
import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import { WHO_PORT } from '../support/beyond.js';
import { answered, connected } from '../support/host-table.js';
import { inRepository } from '../support/paths.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Claim 8: a synthetic address keeps its host while it is in use, each datagram included, and ten minutes after. A password
// that a program sends to its collector goes to nobody else. The pool has six addresses, and time is told by clock.cjs.
const policy = inRepository('test/security/fixtures/small-pool.json');
const clock = inRepository('test/security/fixtures/clock.cjs');
const check = suite(import.meta.url, {
  on: ['v6', 'lo4', 'docker'],
  second: true,
  dns: 'plain',
  env: { V6ONLY_POLICY: policy, NODE_OPTIONS: `--require=${clock}` },
});

const MINUTES = 60_000;
const later = (ms: number) => (process as EventEmitter).emit('test:later', ms);
const COLLECTOR = '2001:db8:6::1';
const lookup4 = (name: string) => dns.lookup(name, { family: 4 }).then(({ address }) => address);

let others = 1;
/** As many names as the pool has addresses ask for one each. Resolves to those that were given out. */
async function crowd() {
  const given = [];
  for (let n = 0; n < 8; n++) {
    others += 1;
    const address = await lookup4(`six-${others}.example.org`).catch(({ code }) => code);
    if (address !== 'ENOTFOUND') given.push(address);
  }
  return given;
}

check('an address that is sent to now and then keeps its host for an hour', async () => {
  const socket = dgram.createSocket('udp4');
  const address = await lookup4('six-1.example.org');
  for (let minutes = 0; minutes < 60; minutes += 9) {
    const given = await crowd();
    assert.ok(!given.includes(address));
    assert.deepEqual(await answered(socket, address), { said: `${COLLECTOR} ${HOST6}`, address, family: 'IPv4' });
    later(9 * MINUTES);
  }
  assert.equal((await answered(socket, address)).said, `${COLLECTOR} ${HOST6}`);
  socket.close();
});

check('who is only heard does not hold it: anybody can forge a datagram from there', async () => {
  // A host that nothing was sent to.
  const PEER = '2001:db8:6::1000';
  later(60 * MINUTES);
  const address = await lookup4('six-1000.example.org');
  const server = dgram.createSocket('udp4');
  server.bind(0, '0.0.0.0');
  await once(server, 'listening');
  const { beyond } = await import('../support/beyond.js');
  const hear = async () => {
    const message = once(server, 'message');
    await beyond('send', { host: HOST6, port: server.address().port, from: PEER, text: 'x' });
    return (await message)[1] as dgram.RemoteInfo;
  };
  later(MINUTES);
  assert.equal((await hear()).address, address);
  later(MINUTES);
  assert.ok((await crowd()).includes(address));
  assert.equal((await hear()).address, PEER);
  // A program that answers uses it.
  later(60 * MINUTES);
  const again = await lookup4('six-1000.example.org');
  for (let minutes = 0; minutes < 30; minutes += 9) {
    const { address: shown, port } = await hear();
    assert.equal(shown, again);
    await new Promise((resolve) => server.send('x', port, shown, resolve));
    later(9 * MINUTES);
    assert.ok(!(await crowd()).includes(again));
  }
  server.close();
});

check('a connection keeps it for as long as it lasts', async () => {
  later(60 * MINUTES);
  const address = await lookup4('six-1.example.org');
  const socket = dgram.createSocket('udp4');
  socket.connect(WHO_PORT, address);
  await once(socket, 'connect');
  for (let hours = 0; hours < 3; hours++) {
    later(60 * MINUTES);
    assert.ok(!(await crowd()).includes(address));
  }
  socket.send('x');
  assert.equal(String((await once(socket, 'message'))[0]), `${COLLECTOR} ${HOST6}`);
  assert.equal(socket.remoteAddress().address, address);
  socket.close();
});

check('ten minutes after the last use it is still its own', async () => {
  later(60 * MINUTES);
  const address = await lookup4('six-1.example.org');
  assert.equal((await connected({ host: address })).said, `${COLLECTOR} ${HOST6}`);
  later(10 * MINUTES - 1000);
  assert.ok(!(await crowd()).includes(address));
  assert.equal((await connected({ host: address })).said, `${COLLECTOR} ${HOST6}`);
});

check('one that nobody has used makes room after two minutes, one that was used does not', async () => {
  later(60 * MINUTES);
  const address = await lookup4('six-1.example.org');
  assert.equal((await connected({ host: address })).said, `${COLLECTOR} ${HOST6}`);
  await crowd();
  later(2 * MINUTES - 10_000);
  assert.equal((await crowd()).length, 0);
  later(10_000);
  const given = await crowd();
  assert.ok(given.length >= 3);
  assert.ok(!given.includes(address));
});

// The control: a pool in which time stood still would pass all of the above.
check('an address that nobody uses is given to others in the end', async () => {
  for (let n = 0; n < 3; n++) {
    later(60 * MINUTES);
    assert.ok((await crowd()).length >= 5);
  }
});
