import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { beyond, INSIDE6, OUTSIDE4, OUTSIDE4_EMBEDDED, OUTSIDE6, WHO_PORT } from '../support/beyond.js';
import { nodeUnderTestMajor } from '../support/host.js';
import { answered, connected, withServer } from '../support/host-table.js';
import { bound, HOST6, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Claim 4: a net.BlockList judges the address that the kernel gets, or gave, as well as the one that is shown.
const check = suite(import.meta.url, { on: ['v6', 'lo4', 'docker'], second: true, dns: 'plain' });

type Subnet = readonly [network: string, length: number];

function list(...subnets: Subnet[]) {
  const blocked = new net.BlockList();
  for (const [network, length] of subnets) blocked.addSubnet(network, length, net.isIPv6(network) ? 'ipv6' : 'ipv4');
  return blocked;
}

const BLOCKED = { error: 'ERR_IP_BLOCKED' };

check('a client does not connect to the IPv6 host behind a name', { node: 22 }, async () => {
  const options = { host: 'ula.example.org', family: 4 };
  assert.deepEqual(await connected({ ...options, blockList: list(['fc00::', 7]) }), BLOCKED);
  assert.equal((await connected({ ...options, blockList: list(['fd13::', 16]) })).said, `${INSIDE6} ${HOST6}`);
});

check('a client does not connect to what a literal becomes', { node: 22 }, async () => {
  for (const subnet of [
    ['64:ff9b::', 96],
    ['192.0.2.0', 24],
  ] as const) {
    assert.deepEqual(await connected({ host: OUTSIDE4, blockList: list(subnet) }), BLOCKED);
  }
  const others = list(['64:ff9b:1::', 48], ['198.51.100.0', 24]);
  assert.equal((await connected({ host: OUTSIDE4, blockList: others })).said, `${OUTSIDE4_EMBEDDED} ${HOST6}`);
});

async function asServer(blockList: net.BlockList, localAddress: string) {
  const server = net.createServer({ blockList }, (socket) => socket.on('error', () => {}).end('in'));
  const port = await listening(server, 0, '0.0.0.0');
  const result = await beyond('tcp', { host: HOST6, port, localAddress });
  server.close();
  return result.said || 'out';
}

check('a server drops a peer by the address that the kernel gave', { node: 22 }, async () => {
  assert.equal(await asServer(list(['64:ff9b::', 96]), OUTSIDE4_EMBEDDED), 'out');
  assert.equal(await asServer(list(['2001:db8:9::', 48]), OUTSIDE6), 'out');
  assert.equal(await asServer(list(['64:ff9b:1::', 48]), OUTSIDE4_EMBEDDED), 'in');
});

check('a server drops a peer by the address that is shown', { node: 22 }, async () => {
  assert.equal(await asServer(list(['192.0.2.0', 24]), OUTSIDE4_EMBEDDED), 'out');
  assert.equal(await asServer(list(['198.51.100.0', 24]), OUTSIDE4_EMBEDDED), 'in');
});

check('a forged peer is not let past a list of private networks by its own words', { node: 22 }, async () => {
  const privateOnes = list(['10.0.0.0', 8], ['127.0.0.0', 8]);
  assert.equal(await asServer(list(['64:ff9b::', 96]), '64:ff9b::7f00:1'), 'out');
  assert.equal(await asServer(privateOnes, OUTSIDE4_EMBEDDED), 'in');
});

check('a datagram socket does not send to what the kernel would get', { node: 24 }, async () => {
  for (const subnet of [
    ['64:ff9b::', 96],
    ['192.0.2.0', 24],
  ] as const) {
    const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list(subnet) });
    assert.deepEqual(await answered(socket, OUTSIDE4), BLOCKED);
    socket.close();
  }
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list(['64:ff9b:1::', 48]) });
  assert.equal((await answered(socket, OUTSIDE4)).said, `${OUTSIDE4_EMBEDDED} ${HOST6}`);
  socket.close();
});

check('a datagram socket does not connect to it either', { node: 24 }, async () => {
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list(['64:ff9b::', 96]) });
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) =>
    socket.connect(WHO_PORT, OUTSIDE4, (...failure: NodeJS.ErrnoException[]) => resolve(failure[0])),
  );
  assert.equal(error?.code, 'ERR_IP_BLOCKED');
  socket.close();
});

check(
  'a datagram socket does not hear whom the kernel names',
  { node: 24, on: ['v6', 'lo4', 'docker', 'egress'] },
  async () => {
    for (const subnet of [
      ['64:ff9b::', 96],
      ['192.0.2.0', 24],
    ] as const) {
      const socket = dgram.createSocket({ type: 'udp4', receiveBlockList: list(subnet) });
      const port = await bound(socket, 0, '0.0.0.0');
      const heard: string[] = [];
      socket.on('message', (message) => heard.push(String(message)));
      await beyond('send', { host: HOST6, port, from: OUTSIDE4_EMBEDDED, text: 'blocked' });
      await beyond('send', { host: HOST6, port, from: OUTSIDE6, text: 'let in' });
      while (heard.length === 0) await once(socket, 'message');
      assert.deepEqual(heard, ['let in']);
      socket.close();
    }
  },
);

if (nodeUnderTestMajor < 22) {
  check('where Node.js has no such option, a property of the name is the program’s own', () =>
    withServer([0, '0.0.0.0'], async (port, server) => {
      Object.assign(server, { blockList: ['2001:db8:9::'] });
      assert.equal((await beyond('tcp', { host: HOST6, port, localAddress: OUTSIDE6 })).said, OUTSIDE6);
      const socket = Object.assign(new net.Socket(), { blockList: new Set([OUTSIDE4]) });
      socket.connect(WHO_PORT, OUTSIDE4);
      await once(socket, 'connect');
      socket.destroy();
    }),
  );
}
