import assert from 'node:assert/strict';
import { once } from 'node:events';
import { beyond, CONTAINER, INSIDE6, OUTSIDE6, OWN4, own4, ROUTER6 } from '../support/beyond.js';
import { ALL_KINDS, type Kind } from '../support/host.js';
import { answered, neighbourOf, table, withUdp4 } from '../support/host-table.js';
import { suite } from '../support/suite.js';

// Multicast and broadcast on every kind of host: IPv4 on an interface that has IPv4, else the IPv6 group of the same meaning.
const check = suite(import.meta.url, { on: ALL_KINDS, second: true });

const GROUP = '224.0.0.251';
const IPV6_GROUP = 'ff02::fb';
const ALL_NODES = 'ff02::1';
const BROADCAST = '255.255.255.255';

/** Kind → the IPv4 address of the second host's interface on which it hears that kind. */
const INTERFACE: Partial<Record<Kind, string>> = {
  docker: CONTAINER,
  vpn: '10.8.0.1',
  egress: '169.254.172.1',
  clat: '192.0.0.2',
  private: '172.19.0.1',
  dual: '198.51.100.1',
  container: '172.18.0.1',
};
let port = 7600;

// biome-ignore format: it is a table
table(check, [
  // The columns:                             without docker  vpn     egress,  private, container
  //                                          IPv4                    clat     dual

  ['to a group, without an interface',        ['IPv6', 'IPv6', 'IPv6', 'IPv4', 'IPv4', 'IPv4'], toGroup],
  ['to a group, by the own address',          ['-',    'IPv4', 'IPv4', 'IPv4', 'IPv4', 'IPv4'], toGroupFromOwn],
  ['to everybody',                            ['IPv6', 'IPv6', 'IPv6', 'IPv4', 'IPv4', 'IPv4'], toEverybody],
  ['to everybody in the own network',         ['-',    'IPv4', 'IPv4', '-',    'IPv4', 'IPv4'], toNetwork],
]);

/** Has the neighbour hear `four` by IPv4 and the router hear `six` by IPv6, and sends to a port of theirs. */
async function heardBy(kind: Kind, four: string, six: string, send: (port: number) => Promise<void>) {
  port += 1;
  if (kind in OWN4) {
    const on = four === GROUP ? INTERFACE[kind] : undefined;
    assert.deepEqual(await beyond('join', { port, groups: [[four, on]] }, neighbourOf(kind)), {});
  }
  assert.deepEqual(
    await beyond('join', { port, groups: [[`${six}%eth0`, six === IPV6_GROUP ? '::%eth0' : undefined]] }),
    {},
  );
  return send(port);
}

const HEARD = { IPv4: (group: string) => group, IPv6: (group: string) => (group === GROUP ? IPV6_GROUP : ALL_NODES) };

function demand(word: string, group: string, result: { said?: string }) {
  assert.equal(String(result.said).split('%')[0], HEARD[word as keyof typeof HEARD](group), JSON.stringify(result));
}

function toGroup(word: string, kind: Kind) {
  return heardBy(kind, GROUP, IPV6_GROUP, (to) =>
    withUdp4([0], async (socket) => demand(word, GROUP, await answered(socket, GROUP, to))),
  );
}

function toGroupFromOwn(word: string, kind: Kind) {
  return heardBy(kind, GROUP, IPV6_GROUP, (to) =>
    withUdp4([0], async (socket) => {
      socket.setMulticastInterface(own4(kind).address);
      await demand(word, GROUP, await answered(socket, GROUP, to));
    }),
  );
}

function toEverybody(word: string, kind: Kind) {
  return heardBy(kind, BROADCAST, ALL_NODES, (to) =>
    withUdp4([0], async (socket) => {
      socket.setBroadcast(true);
      await demand(word, BROADCAST, await answered(socket, BROADCAST, to));
    }),
  );
}

function toNetwork(word: string, kind: Kind) {
  const networks: Partial<Record<Kind, string>> = {
    docker: '172.17.255.255',
    vpn: '10.8.0.255',
    private: '172.19.0.7',
    dual: '198.51.100.255',
    container: '172.18.0.255',
  };
  const network = networks[kind] ?? '';
  return heardBy(kind, network, ALL_NODES, (to) =>
    withUdp4([0], async (socket) => {
      socket.setBroadcast(true);
      await demand(word, network, await answered(socket, network, to));
    }),
  );
}

check('who answers a group', { on: ['vpn'] }, () =>
  withUdp4([7651], async (socket) => {
    const senders: string[] = [];
    const hears = async (text: string) => {
      const message = once(socket, 'message');
      for (const from of [OUTSIDE6, INSIDE6, ROUTER6])
        await beyond('send', { host: '2001:db8:1::2', port: 7651, text: `${text} ${from}`, from });
      senders.push(String((await message)[0]));
    };
    // A datagram to a group of the link may be answered by any neighbour, from any of its addresses.
    await new Promise((resolve) => socket.send('x', 9, GROUP, resolve));
    await hears('link');
    // To one of the site by other private addresses as well.
    await new Promise((resolve) => socket.send('x', 9, '239.255.0.9', resolve));
    await hears('site');
    assert.deepEqual(senders, [`link ${ROUTER6}`, `site ${INSIDE6}`]);
  }),
);

check('a group on the loopback', { on: ALL_KINDS.filter((kind) => !['noinet', 'v6'].includes(kind)) }, () =>
  withUdp4([0], async (socket) => {
    socket.addMembership(GROUP, '127.0.0.1');
    socket.setMulticastInterface('127.0.0.1');
    socket.setMulticastLoopback(true);
    const heard = await answered(socket, GROUP, socket.address().port);
    assert.deepEqual(heard, { said: 'x', address: '127.0.0.1', family: 'IPv4' });
  }),
);

check(
  'a member on the bridge hears the container, and one without an interface the IPv6 group',
  { on: ['docker'] },
  () =>
    withUdp4([7650], async (socket) => {
      const messages: string[] = [];
      socket.on('message', (message, { address }) => messages.push(`${message} ${address}`));
      const hears = async (text: string) => {
        while (!messages.some((message) => message.startsWith(text)))
          await new Promise((resolve) => setTimeout(resolve, 5));
      };
      socket.addMembership(GROUP, OWN4.docker.address);
      await beyond('send', { host: GROUP, port: 7650, text: 'container', from: CONTAINER }, CONTAINER);
      await hears(`container ${CONTAINER}`);
      socket.addMembership(GROUP);
      await beyond('send', { host: `${IPV6_GROUP}%eth0`, port: 7650, text: 'router', from: '2001:db8:1::1' });
      await hears('router');
    }),
);
