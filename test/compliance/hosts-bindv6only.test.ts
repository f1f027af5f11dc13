import assert from 'node:assert/strict';
import { beyond, CONTAINER, OUTSIDE4, OUTSIDE4_EMBEDDED, OUTSIDE6, own4 } from '../support/beyond.js';
import { control, type Kind } from '../support/host.js';
import {
  answered,
  connected,
  kindHere,
  natively,
  overIPv4,
  overIPv6,
  routed,
  withServer,
  withUdp4,
  withUdpServer,
} from '../support/host-table.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// net.ipv6.bindv6only=1: an AF_INET6 socket is deaf to IPv4 unless it says otherwise, and no `::ffff:` address has a route.
const check = suite(import.meta.url, { on: ['v6', 'lo4', 'dual', 'docker'], second: true, bindv6only: true });

const WITHOUT: Kind[] = ['v6', 'lo4', 'docker'];

check('TCP and UDP to an address with a route are IPv4', { on: ['dual', 'docker'] }, async () => {
  const target = routed(kindHere);
  const said = `${target} ${own4(kindHere).address}`;
  assert.equal((await connected({ host: target })).said, said);
  for (const bind of [undefined, [7670]] as const) {
    await withUdp4(bind, async (socket) => assert.equal((await answered(socket, target)).said, said));
  }
});

check('TCP and UDP to an address without one go through the NAT64', { on: WITHOUT }, async () => {
  const said = `${OUTSIDE4_EMBEDDED} ${HOST6}`;
  assert.equal((await connected({ host: OUTSIDE4 })).said, said);
  for (const bind of [undefined, [7671]] as const) {
    await withUdp4(bind, async (socket) => assert.equal((await answered(socket, OUTSIDE4)).said, said));
  }
});

check('listeners on 0.0.0.0 hear IPv4', { on: ['dual', 'docker'] }, async () => {
  await withServer([0, '0.0.0.0'], (port) => overIPv4('tcp', kindHere, port));
  await withUdpServer([0, '0.0.0.0'], (port) => overIPv4('udp', kindHere, port));
});

check('listeners on 0.0.0.0 hear IPv6 where no IPv4 neighbour does', { on: WITHOUT }, async () => {
  await withServer([0, '0.0.0.0'], (port) => overIPv6('tcp', 'heard', port, OUTSIDE6));
  await withUdpServer([0, '0.0.0.0'], (port) => overIPv6('udp', 'heard', port, OUTSIDE6));
});

check('the loopback is reached, and a listener on 0.0.0.0 by it', { on: ['lo4', 'dual', 'docker'] }, async () => {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    await withServer([0, host], async (port) => {
      assert.equal((await connected({ host: '127.0.0.1', port })).said, '127.0.0.1');
      const client = `require('net').connect(${port}, '127.0.0.1').on('data', (text) => console.log(String(text)))`;
      assert.equal(await natively(client), '127.0.0.1');
    });
    await withUdpServer([0, host], (port) =>
      withUdp4([0], async (socket) => assert.equal((await answered(socket, '127.0.0.1', port)).said, '127.0.0.1')),
    );
  }
});

check('a listener on [::] is what it is natively', { on: ['dual', 'docker'] }, () =>
  withServer([0, '::'], async (port) => {
    const host = own4(kindHere).address;
    const at = kindHere === 'docker' ? CONTAINER : undefined;
    const localAddress = routed(kindHere);
    // libuv sets IPV6_V6ONLY=0 for TCP, whatever the host says.
    const { said } = await beyond('tcp', { host, port, localAddress }, at);
    assert.equal(said, `::ffff:${localAddress}`);
    if (!control) await overIPv6('tcp', 'heard', port, OUTSIDE6);
  }),
);
