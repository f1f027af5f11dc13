import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { promisify } from 'node:util';
import { beyond, NEIGHBOURS, OUTSIDE4, OUTSIDE4_EMBEDDED, OWN4, ROUTER6, WHO_PORT } from '../support/beyond.js';
import { answered, connected, kindHere, withUdp4 } from '../support/host-table.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// In a container on a host without IPv4 the kernel has a default route, and a router says "network unreachable". That answer
// says what a missing route would have said. The order of the checks counts: the first one is the first that this process asks.
const check = suite(import.meta.url, { on: ['container'], second: true, dns: 'plain' });

const [NEIGHBOUR] = NEIGHBOURS.container;
const BEYOND = `${OUTSIDE4_EMBEDDED} ${HOST6}`;
/** How many "unreachable" the router has sent. */
const denials = async () => Number((await beyond('counters', {}))['Icmp:OutDestUnreachs']);

check('a port where nobody listens says nothing about the network', { on: ['container', 'dual'] }, async () => {
  assert.deepEqual(await connected({ host: NEIGHBOURS[kindHere][0], port: 9 }), { error: 'ECONNREFUSED' });
});

check('the first connection goes on through the NAT64 once the network has denied the route', async () => {
  const before = await denials();
  const socket = net.connect(7, OUTSIDE4);
  const errors: NodeJS.ErrnoException[] = [];
  socket.on('error', (error) => errors.push(error));
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  assert.deepEqual(errors, []);
  assert.equal(socket.remoteAddress, OUTSIDE4);
  assert.equal(socket.remoteFamily, 'IPv4');
  const [said] = await once(socket.setEncoding('utf8'), 'data');
  assert.equal(said, BEYOND);
  socket.destroy();
  assert.equal(await denials(), before + 1);
});

check('the next ones go there at once', async () => {
  const before = await denials();
  for (const host of [OUTSIDE4, '192.0.2.81', '203.0.113.200']) {
    const result = await connected({ host });
    assert.match(String(result.said), /^64:ff9b::\S+ 2001:db8:1::2$/);
    assert.equal(result.remoteAddress, host);
  }
  assert.equal(await denials(), before);
});

check('so do datagrams, of sockets old and new', async () => {
  const before = await denials();
  const expected = { said: BEYOND, address: OUTSIDE4, family: 'IPv4' };
  for (const bind of [undefined, [0], [7660], [7661, '0.0.0.0']] as const) {
    await withUdp4(bind, async (socket) => assert.deepEqual(await answered(socket, OUTSIDE4), expected));
  }
  assert.equal(await denials(), before);
});

check('so do names', async () => {
  const before = await denials();
  for (const family of [undefined, 0, 4]) {
    assert.equal((await connected({ host: 'outside4.example.org', family })).said, BEYOND);
  }
  assert.equal((await connected({ host: 'outside4.example.org', family: 6 })).said, BEYOND);
  assert.equal(await denials(), before);
});

check('neighbours stay IPv4', async () => {
  const said = `${NEIGHBOUR} ${OWN4.container.address}`;
  const { localAddress, ...rest } = await connected({ host: NEIGHBOUR });
  assert.deepEqual(rest, { said, remoteAddress: NEIGHBOUR, remoteFamily: 'IPv4' });
  assert.equal(localAddress, OWN4.container.address);
  await withUdp4([7662], async (socket) =>
    assert.deepEqual(await answered(socket, NEIGHBOUR), { said, address: NEIGHBOUR, family: 'IPv4' }),
  );
});

check('groups stay IPv4', async () => {
  await withUdp4([7663], async (socket) => {
    socket.addMembership('224.0.0.251');
    assert.match(readFileSync('/proc/net/igmp', 'utf8'), /\bFB0000E0\b/);
  });
});

check('who binds to the address of the container asks for IPv4, and gets the network’s answer', async () => {
  const result = await connected({ host: OUTSIDE4, localAddress: OWN4.container.address });
  assert.deepEqual(result, { error: 'ENETUNREACH' });
});

check('a connection that the NAT64 refuses says so, and is not tried again', async () => {
  const result = await connected({ host: OUTSIDE4, port: 9 });
  assert.deepEqual(result, { error: 'ECONNREFUSED' });
  assert.equal((await connected({ host: ROUTER6 })).said, `${ROUTER6} ${HOST6}`);
});

// Linux's router denies a route five times, then once a second (net.ipv4.route.error_burst, error_cost).
check('of many connections at once the router denies a few, and all go on through the NAT64', async () => {
  const program = `
    const net = require('node:net');
    for (let i = 0; i < 60; i++) {
      const socket = net.connect(${WHO_PORT}, '192.0.2.' + (i + 10)).setEncoding('utf8');
      socket.on('error', ({ code }) => console.log(code));
      socket.on('data', (said) => console.log(said.replace(/ .*/, '').replace(/:[^:]*$/, '')));
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
  assert.deepEqual(stdout.trim().split('\n'), Array(60).fill('64:ff9b::c000'));
});
