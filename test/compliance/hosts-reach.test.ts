import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import os from 'node:os';
import { OUTSIDE4, OUTSIDE4_EMBEDDED, OUTSIDE6, OWN4, own4, WHO_PORT } from '../support/beyond.js';
import { ALL_KINDS, type Kind } from '../support/host.js';
import {
  answered,
  connected,
  natively,
  overIPv4,
  overIPv6,
  routed,
  table,
  withServer,
  withUdp4,
  withUdpServer,
} from '../support/host-table.js';
import { errorOf, HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// What an IPv4 program reaches, and from where, on every kind of host: each call asks the kernel.
const check = suite(import.meta.url, { on: ALL_KINDS, second: true });

/** Where to, on a kind of host. */
type Target = (kind: Kind) => string;

/** What the second host says, by the way in which it was reached. */
const said = (way: string, target: string, kind: Kind) =>
  way === 'NAT64' ? `${OUTSIDE4_EMBEDDED} ${HOST6}` : `${target} ${own4(kind).address}`;

// biome-ignore format: it is a table
table(check, [
  // The columns:                               without   docker   vpn      egress,  private, container
  //                                            IPv4                        clat     dual

  ['TCP to an address with a route',            ['-',     'IPv4',  'IPv4',  'IPv4',  'IPv4',  'IPv4'], tcpTo(routed)],
  ['TCP to an address without one',             ['NAT64', 'NAT64', 'NAT64', 'IPv4',  'IPv4',  'NAT64'], tcpTo(() => OUTSIDE4)],
  ['UDP to an address with a route',            ['-',     'IPv4',  'IPv4',  'IPv4',  'IPv4',  'IPv4'], udpTo(routed)],
  ['UDP to an address without one',             ['NAT64', 'NAT64', 'NAT64', 'IPv4',  'IPv4',  '-'], udpTo(() => OUTSIDE4)],
  ['bound UDP to an address with a route',      ['-',     'IPv4',  'IPv4',  'IPv4',  'IPv4',  'IPv4'], udpTo(routed, [7531])],
  ['bound UDP to an address without one',       ['NAT64', 'NAT64', 'NAT64', 'IPv4',  'IPv4',  '-'], udpTo(() => OUTSIDE4, [7532])],
  ['UDP of 0.0.0.0 to an address with a route', ['-',     'IPv4',  'IPv4',  'IPv4',  'IPv4',  'IPv4'], udpTo(routed, [7533, '0.0.0.0'])],
  ['UDP of 0.0.0.0 to an address without one',  ['NAT64', 'NAT64', 'NAT64', 'IPv4',  'IPv4',  '-'], udpTo(() => OUTSIDE4, [7534, '0.0.0.0'])],
  ['connected UDP, with a route',               ['-',     'IPv4',  'IPv4',  'IPv4',  'IPv4',  'IPv4'], connectedUdpTo(routed)],
  ['connected UDP, without one',                ['NAT64', 'NAT64', 'NAT64', 'IPv4',  'IPv4',  '-'], connectedUdpTo(() => OUTSIDE4)],

  ['TCP from the own address, with a route',    ['-',     'IPv4',  'IPv4',  'IPv4',  'IPv4',  'IPv4'], tcpFromOwn(routed)],
  ['TCP from the own address, without one',     ['-',     'fails', 'fails', 'IPv4',  'IPv4',  'fails'], tcpFromOwn(() => OUTSIDE4)],
  ['UDP from the own address, with a route',    ['-',     'IPv4',  'IPv4',  'IPv4',  'IPv4',  'IPv4'], udpFromOwn(routed)],
  ['UDP from the own address, without one',     ['-',     'fails', 'fails', 'IPv4',  'IPv4',  '-'], udpFromOwn(() => OUTSIDE4)],
  ['a listener on the own address',             ['-',     'IPv4',  'IPv4',  'IPv4',  'IPv4',  'IPv4'], listenerOnOwn],

  ['host addresses of 192.0.0.0/29',            ['shown', 'shown', 'none',  'none',  'none',  'none'], hostAddresses],
]);

function tcpTo(target: Target) {
  return async (way: string, kind: Kind) => {
    const host = target(kind);
    const result = await connected({ host });
    assert.equal(result.said, said(way, host, kind), JSON.stringify(result));
    assert.equal(result.remoteAddress, host);
    assert.equal(result.remoteFamily, 'IPv4');
    if (way === 'IPv4') assert.equal(result.localAddress, own4(kind).address);
  };
}

function udpTo(target: Target, bind?: readonly [port: number, host?: string]) {
  return (way: string, kind: Kind) =>
    withUdp4(bind, async (socket) => {
      const address = target(kind);
      // The second time nothing has to be made or asked any more.
      for (let n = 0; n < 2; n++) {
        assert.deepEqual(await answered(socket, address), { said: said(way, address, kind), address, family: 'IPv4' });
      }
      if (bind) assert.deepEqual(socket.address(), { address: '0.0.0.0', family: 'IPv4', port: bind[0] });
    });
}

function connectedUdpTo(target: Target) {
  return (way: string, kind: Kind) =>
    withUdp4(undefined, async (socket) => {
      const address = target(kind);
      socket.connect(WHO_PORT, address);
      await once(socket, 'connect');
      assert.deepEqual(socket.remoteAddress(), { address, family: 'IPv4', port: WHO_PORT });
      socket.send('x');
      const [message, rinfo] = await once(socket, 'message');
      assert.equal(String(message), said(way, address, kind));
      assert.equal(rinfo.address, address);
      if (way === 'IPv4') assert.equal(socket.address().address, own4(kind).address);
    });
}

function tcpFromOwn(target: Target) {
  return async (word: string, kind: Kind) => {
    const host = target(kind);
    const localAddress = own4(kind).address;
    const result = await connected({ host, localAddress });
    if (word === 'fails') assert.deepEqual(result, { error: 'ENETUNREACH' });
    else
      assert.deepEqual(result, {
        said: said(word, host, kind),
        remoteAddress: host,
        remoteFamily: 'IPv4',
        localAddress,
      });
  };
}

function udpFromOwn(target: Target) {
  return (word: string, kind: Kind) =>
    withUdp4([0, own4(kind).address], async (socket) => {
      const address = target(kind);
      assert.equal(socket.address().address, own4(kind).address);
      const result = await answered(socket, address);
      if (word === 'fails') assert.deepEqual(result, { error: 'ENETUNREACH' });
      else assert.deepEqual(result, { said: said(word, address, kind), address, family: 'IPv4' });
    });
}

async function listenerOnOwn(_: unknown, kind: Kind) {
  const { address } = own4(kind);
  await withServer([0, address], async (port, server) => {
    assert.deepEqual(server.address(), { address, family: 'IPv4', port });
    await overIPv4('tcp', kind, port);
    await overIPv6('tcp', 'refused', port, OUTSIDE6);
  });
  await withUdpServer([0, address], async (port) => {
    await overIPv4('udp', kind, port);
    await overIPv6('udp', 'refused', port, OUTSIDE6);
  });
}

async function hostAddresses(word: string, kind: Kind) {
  const own = kind in OWN4 ? own4(kind).address : undefined;
  const four = Object.entries(os.networkInterfaces()).flatMap(([name, list]) =>
    list?.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => `${name} ${address}`),
  );
  const shown = four.filter((text) => / 192\.0\.0\.[0-7]$/.test(text as string) && text !== `clat ${own}`);
  if (word === 'none') assert.deepEqual(shown, []);
  else {
    assert.equal(shown.filter((text) => text?.startsWith('eth0 ')).length, 1, four.join());
    for (const text of shown) {
      const address = text?.split(' ')[1];
      await withServer([0, address], (port, server) =>
        assert.deepEqual(server.address(), { address, family: 'IPv4', port }),
      );
    }
  }
  if (own) assert.ok(four.includes(`${own4(kind).interfaceName} ${own}`), four.join());
}

check('one udp4 socket reaches a container, the Internet and the loopback', { on: ['docker'] }, () =>
  withUdp4([7540], async (socket) => {
    const local = dgram.createSocket('udp4', (message, peer) => local.send(`${message} here`, peer.port, peer.address));
    local.bind(7541, '127.0.0.1');
    await once(local, 'listening');
    for (let n = 0; n < 2; n++) {
      assert.equal((await answered(socket, routed('docker'))).said, `${routed('docker')} ${OWN4.docker.address}`);
      assert.equal((await answered(socket, OUTSIDE4)).said, `${OUTSIDE4_EMBEDDED} ${HOST6}`);
      assert.deepEqual(await answered(socket, '127.0.0.1', 7541), {
        said: 'x here',
        address: '127.0.0.1',
        family: 'IPv4',
      });
    }
    local.close();
  }),
);

check('192.0.0.1 of a CLAT is the kernel’s, for programs without the hook too', { on: ['clat'] }, () =>
  withServer([0, '192.0.0.1'], async (port) => {
    const client = `require('net').connect(${port}, '192.0.0.1').on('data', (text) => console.log(String(text)))`;
    assert.equal(await natively(client), '192.0.0.1');
  }),
);

check(
  '127.0.0.1 is the kernel’s, for programs without the hook too',
  { on: ALL_KINDS.filter((kind) => !['noinet', 'v6'].includes(kind)) },
  async () => {
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      await withServer([0, host], async (port) => {
        const client = `require('net').connect(${port}, '127.0.0.1').on('data', (text) => console.log(String(text)))`;
        assert.equal(await natively(client), '127.0.0.1');
      });
      await withUdpServer([0, host], async (port) => {
        const client = `const s = require('dgram').createSocket('udp4', (text) => { console.log(String(text)); s.close(); });
        s.send('x', ${port}, '127.0.0.1')`;
        assert.equal(await natively(client), '127.0.0.1');
      });
    }
  },
);

check('an IPv6 literal is left alone', async () => {
  const { said: text, remoteAddress } = await connected({ host: OUTSIDE6 });
  assert.equal(text, `${OUTSIDE6} ${HOST6}`);
  assert.equal(remoteAddress, OUTSIDE6);
  assert.equal(net.isIPv6(remoteAddress), true);
});

check(
  'a host address of 192.0.0.0/29 reaches the Internet, the loopback and itself',
  { on: ['noinet', 'v6', 'lo4', 'docker'] },
  async () => {
    const own = os
      .networkInterfaces()
      .eth0?.filter(({ family }) => family === 'IPv4')
      .map(({ address }) => address)[0];
    const outside = await connected({ host: OUTSIDE4, localAddress: own });
    assert.equal(outside.said, `${OUTSIDE4_EMBEDDED} ${HOST6}`);
    assert.equal(outside.localAddress, own);
    await withUdp4([0, own], async (socket) =>
      assert.deepEqual(await answered(socket, OUTSIDE4), { said: outside.said, address: OUTSIDE4, family: 'IPv4' }),
    );
    // Where the kernel has 127.0.0.1, it has no other IPv4 address to come from.
    const onLoopback = ['lo4', 'docker'].includes(process.env.V6ONLY_CHECK_HOST as string) ? '127.0.0.1' : own;
    for (const [host, from] of [
      ['127.0.0.1', onLoopback],
      [own, own],
    ]) {
      await withServer([0, host], async (port) => {
        const { said, localAddress } = await connected({ host, port, localAddress: own });
        assert.equal(said, from, `TCP to ${host}`);
        assert.equal(localAddress, own);
      });
      await withUdpServer([0, host], (port) =>
        withUdp4([0, own], async (socket) =>
          assert.equal((await answered(socket, host as string, port)).said, from, `UDP to ${host}`),
        ),
      );
    }
  },
);

check('from a loopback address a connect does not leave the host', { on: ['dual', 'v6', 'noinet'] }, async () => {
  for (const [host, localAddress] of [
    [OUTSIDE4, '127.0.0.1'],
    [`::ffff:${OUTSIDE4}`, '::ffff:127.0.0.1'],
  ] as const) {
    const { code, message } = await errorOf(net.connect({ port: 9, host, localAddress }));
    assert.equal(code, 'EINVAL', message);
    assert.match(message, RegExp(`^connect EINVAL ${host}:9 - Local \\(${localAddress}:\\d+\\)$`));
  }
});
