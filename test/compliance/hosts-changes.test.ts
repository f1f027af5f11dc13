import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { beyond, NEIGHBOURS, OUTSIDE4, OUTSIDE4_EMBEDDED, OUTSIDE6, OWN4, WHO_PORT } from '../support/beyond.js';
import { type Kind, registerPath } from '../support/host.js';
import { answered, connected, kindHere, withServer, withUdp4, withUdpServer } from '../support/host-table.js';
import { HOST6, PEER6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const v6only = createRequire(import.meta.url)(path.join(path.dirname(registerPath), 'dist/index.js'));

// A host that gains IPv4 and loses it while the program runs: each call asks the kernel, whose answers hold for a second.
const check = suite(import.meta.url, { on: ['lo4', 'egress'], second: true });

const ip = (...args: string[]) => execFileSync('ip', args, { env: { PATH: process.env.PATH } });
const gain = () => ip('addr', 'replace', '198.51.100.2/24', 'dev', 'eth0');
const lose = () => ip('addr', 'flush', 'dev', 'eth0', 'to', '198.51.100.0/24');

/** A check that leaves the host as it was. */
const changing = (title: string, body: () => Promise<void>, on: readonly Kind[] = ['lo4']) =>
  check(title, { timeoutMs: 60_000, on }, () => body().finally(lose));

const IPV6_PEERS = [OUTSIDE6, OUTSIDE4_EMBEDDED];

/** Asks a UDP server over IPv6 from another address of this host. */
async function askedFromHere(port: number): Promise<string> {
  const socket = dgram.createSocket('udp6');
  socket.bind(0, PEER6);
  await once(socket, 'listening');
  const timer = setInterval(() => socket.send('x', port, HOST6), 250);
  const limit = AbortSignal.timeout(10_000);
  try {
    return await once(socket, 'message', { signal: limit }).then(
      () => 'answered',
      () => 'not answered',
    );
  } finally {
    clearInterval(timer);
    socket.close();
  }
}

/** Asks again until the answer is the one that is waited for. */
async function until(ask: () => unknown, expected: unknown) {
  const limit = AbortSignal.timeout(10_000);
  for (;;) {
    const answer = await ask();
    if (answer === expected) return;
    assert.ok(!limit.aborted, `${answer}, not ${expected}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const WITHOUT_NEIGHBOURS = ['lo4', 'egress'] as const;

changing(
  'a listener refuses IPv6 peers of other hosts while the host has IPv4 neighbours',
  () =>
    withServer([0, '0.0.0.0'], async (port) => {
      const heard = async () => {
        const peers = IPV6_PEERS.map((localAddress) => beyond('tcp', { host: HOST6, port, localAddress }));
        return (await Promise.all(peers)).filter(({ said }) => said !== undefined).length;
      };
      assert.equal(await heard(), 2);
      gain();
      await until(heard, 0);
      const fromHere = await connected({ host: HOST6, port, localAddress: PEER6 });
      assert.equal(fromHere.said, PEER6);
      lose();
      await until(heard, 2);
    }),
  WITHOUT_NEIGHBOURS,
);

check('the local address of a connection over IPv6 is one of the IPv4 addresses of the host', { on: ['egress'] }, () =>
  withServer([0, '0.0.0.0'], async (port, server) => {
    server.prependListener('connection', (socket) => socket.write(`${socket.localAddress} `));
    const { said } = await beyond('tcp', { host: HOST6, port, localAddress: OUTSIDE6 });
    assert.equal(said, `${OWN4.egress.address} ${OUTSIDE6}`);
  }),
);

changing(
  'a udp4 socket does not hear them either, but for those whom it asks',
  () =>
    withUdp4([0, '0.0.0.0'], async (socket) => {
      const { port } = socket.address();
      const messages: string[] = [];
      socket.on('message', (message, peer) => {
        messages.push(String(message));
        // Not the peers: whom it answered just after the host had got its neighbours, it would have asked.
        if (String(message) === 'x') socket.send('answer', peer.port, peer.address);
      });
      let n = 0;
      const heard = async () => {
        n += 1;
        for (const from of IPV6_PEERS) await beyond('send', { host: HOST6, port, from, text: `${n} ${from}` });
        // What is sent to the loopback comes after it.
        await withUdp4([0], (local) => answered(local, '127.0.0.1', port));
        return messages.filter((message) => message.startsWith(`${n} `)).length;
      };
      await until(heard, 2);
      gain();
      await until(heard, 0);
      assert.equal(await askedFromHere(port), 'answered');
      if (kindHere === 'lo4') assert.equal((await answered(socket, OUTSIDE4)).address, OUTSIDE4);
      lose();
      await until(heard, 2);
    }),
  WITHOUT_NEIGHBOURS,
);

changing('where a program is bound, and where it is not, a route that comes and goes is followed', () =>
  withServer([0, '0.0.0.0'], async (port) => {
    // The host's own new address is reached as soon as there is one; before, it is somebody's beyond the NAT64.
    const way = async () => (await connected({ host: '198.51.100.2', port })).said ?? 'nobody';
    assert.equal(await way(), 'nobody');
    gain();
    await until(way, '198.51.100.2');
    lose();
    await until(way, 'nobody');
    assert.equal((await connected({ host: OUTSIDE4 })).said, `${OUTSIDE4_EMBEDDED} ${HOST6}`);
  }),
);

check('an address that stays is reached for as long as it is there', { on: ['dual'] }, () =>
  withServer([0, '0.0.0.0'], async (port) => {
    assert.equal((await connected({ host: '198.51.100.2', port })).said, '198.51.100.2');
  }),
);

changing('where a route has gone a moment ago, the next connect and datagram go through the NAT64', async () => {
  gain();
  ip('route', 'add', OUTSIDE4, 'dev', 'eth0');
  const decided = async () => {
    const { direct } = v6only.status().counters.connects;
    const socket = net.connect(7, OUTSIDE4).on('error', () => {});
    await new Promise(setImmediate);
    socket.destroy();
    return v6only.status().counters.connects.direct > direct ? 'direct' : 'translated';
  };
  await withUdp4([0], async (socket) => {
    await until(decided, 'direct');
    await new Promise((resolve) => socket.send('x', 7, OUTSIDE4, resolve));
    const peer = dgram.createSocket('udp4');
    peer.connect(7, OUTSIDE4);
    await once(peer, 'connect');
    lose();
    peer.send('x');
    const [message] = await once(peer, 'message');
    assert.equal(String(message), `${OUTSIDE4_EMBEDDED} ${HOST6}`);
    peer.close();
    assert.equal((await answered(socket, OUTSIDE4)).said, `${OUTSIDE4_EMBEDDED} ${HOST6}`);
    gain();
    ip('route', 'add', OUTSIDE4, 'dev', 'eth0');
    await until(decided, 'direct');
    lose();
    assert.equal((await connected({ host: OUTSIDE4 })).said, `${OUTSIDE4_EMBEDDED} ${HOST6}`);
  });
});

changing('so do those to an IPv4-mapped address', async () => {
  const peers = [dgram.createSocket('udp6'), dgram.createSocket('udp6')];
  const [unconnected, peer] = peers as [dgram.Socket, dgram.Socket];
  const mapped = `::ffff:${OUTSIDE4}`;
  const { direct } = v6only.status().counters.sends;
  const sent = () => new Promise((resolve) => unconnected.send('x', 9, mapped, resolve));
  const isDirect = () => sent().then(() => v6only.status().counters.sends.direct > direct);
  gain();
  ip('route', 'add', OUTSIDE4, 'dev', 'eth0');
  await until(isDirect, true);
  peer.connect(WHO_PORT, mapped);
  await once(peer, 'connect');
  const { port } = peer.address();
  lose();
  const said: unknown[] = [(await connected({ host: mapped })).said];
  const heard = peers.map((socket) => once(socket, 'message'));
  unconnected.send('x', WHO_PORT, mapped);
  peer.send('x');
  for (const [message, { address }] of await Promise.all(heard)) said.push(`${message} ${address}`);
  const answer = `${OUTSIDE4_EMBEDDED} ${HOST6}`;
  assert.deepEqual(said, [answer, `${answer} ${mapped}`, `${answer} ${mapped}`]);
  assert.equal(peer.address().port, port);
  for (const socket of peers) socket.close();
});

check('where a route comes, a peer beyond the NAT64 is still answered there', { on: ['egress'] }, () =>
  withUdpServer([0, '0.0.0.0'], async (port) => {
    const [gateway] = NEIGHBOURS.egress;
    const route = ['default', 'via', gateway] as const;
    const peer = () => beyond('udp', { host: HOST6, port, localAddress: OUTSIDE4_EMBEDDED, localPort: 4001 });
    ip('route', 'del', ...route);
    try {
      await until(async () => (await peer()).said, OUTSIDE4);
    } finally {
      ip('route', 'add', ...route, 'dev', OWN4.egress.interfaceName, 'src', OWN4.egress.address);
    }
    await until(async () => (await peer()).said, OUTSIDE4_EMBEDDED);
  }),
);
