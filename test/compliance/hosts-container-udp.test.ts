import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { beyond, NEIGHBOURS, OUTSIDE4, OUTSIDE4_EMBEDDED, WHO_PORT } from '../support/beyond.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// A route that the network denies, as a program notices it that has nothing but datagrams: Linux tells a UDP socket nothing of
// it. The order of the checks counts: the first ones are the first that this process asks.
const check = suite(import.meta.url, { on: ['container'], second: true, dns: 'plain' });

/** Asks every 300 ms, from a socket of its own, until there is an answer: what was said, and from where. */
async function askedUntilAnswered(address: string): Promise<readonly string[] | undefined> {
  const socket = dgram.createSocket('udp4');
  try {
    let said: readonly string[] | undefined;
    socket.once('message', (message, from) => {
      said = [String(message), from.address];
    });
    for (let i = 0; i < 25 && said === undefined; i++) {
      socket.send('x', WHO_PORT, address);
      await sleep(300);
    }
    return said;
  } finally {
    socket.close();
  }
}

check('a neighbour that answers is answered over IPv4', async () => {
  const [neighbour] = NEIGHBOURS.container;
  const said = await askedUntilAnswered(neighbour);
  assert.equal(said?.[1], neighbour);
});

// Linux's router denies a route five times, then once a second (net.ipv4.route.error_burst, error_cost).
check('a program whose datagrams use up the router’s answers goes on through the NAT64 too', async () => {
  const program = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.once('message', (message, { address }) => { console.log(message + ' ' + address); process.exit(); });
    const send = () => socket.send('x', ${WHO_PORT}, '${OUTSIDE4}');
    setInterval(send, 5);
    setTimeout(process.exit, 10_000, 1);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
  assert.equal(stdout, `${OUTSIDE4_EMBEDDED} ${HOST6} ${OUTSIDE4}\n`);
});

check('datagrams that get no answer go on through the NAT64 once the first router has denied the route', async () => {
  const said = await askedUntilAnswered(OUTSIDE4);
  assert.deepEqual(said, [`${OUTSIDE4_EMBEDDED} ${HOST6}`, OUTSIDE4]);
});

check('the next ones go there at once, and so do name servers', async () => {
  const said = await askedUntilAnswered(OUTSIDE4);
  assert.deepEqual(said, [`${OUTSIDE4_EMBEDDED} ${HOST6}`, OUTSIDE4]);
  const resolver = new dns.promises.Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([OUTSIDE4]);
  assert.deepEqual(await resolver.resolve4('outside4.example.org'), [OUTSIDE4]);
});

check(
  'where IPv4 works nobody is asked for the route, and the program’s datagrams are all',
  { on: ['private', 'dual'] },
  async () => {
    const before = await beyond('counters', {});
    for (let i = 0; i < 3; i++) {
      const said = await askedUntilAnswered(OUTSIDE4);
      assert.match(String(said?.[0]), new RegExp(`^${OUTSIDE4} `));
      await sleep(600);
    }
    assert.equal((await beyond('counters', {})).UdpNoPorts, before.UdpNoPorts);
  },
);
