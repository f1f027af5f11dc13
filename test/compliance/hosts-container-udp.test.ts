import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { beyond, NEIGHBOURS, OUTSIDE4, OUTSIDE4_EMBEDDED, OWN4, WHO_PORT } from '../support/beyond.js';
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

/** What a program of its own says, in which nothing is known yet. `ask(socket)` sends until an answer comes, and says it. */
async function saidBy(body: string): Promise<string[]> {
  const program = `
    import dgram from 'node:dgram';
    import { once } from 'node:events';
    import net from 'node:net';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { beyond } from ${JSON.stringify(new URL('../support/beyond.js', import.meta.url))};
    const said = [];
    async function ask(socket, ...to) {
      let answer;
      socket.on('message', (message, { address }) => {
        answer ??= message + ' ' + address;
      });
      const timer = setInterval(() => socket.send('x', ...to), 100);
      for (let i = 0; i < 300 && answer === undefined; i++) await sleep(100);
      clearInterval(timer);
      said.push(answer);
    }
    ${body}
    for (const line of said) console.log(line);
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  return stdout.trim().split('\n');
}
const THROUGH_NAT64 = `${OUTSIDE4_EMBEDDED} ${HOST6} ${OUTSIDE4}`;

// Linux's router denies a route five times, then once a second (net.ipv4.route.error_burst, error_cost).
check('a program whose datagrams use up the router’s answers goes on through the NAT64 too', async () => {
  const said = await saidBy(`
    const socket = dgram.createSocket('udp4');
    const timer = setInterval(() => socket.send('x', ${WHO_PORT}, '${OUTSIDE4}'), 5);
    await ask(socket, ${WHO_PORT}, '${OUTSIDE4}');`);
  assert.deepEqual(said, [THROUGH_NAT64]);
});

check('so does a connected socket, in place, and none of its datagrams fails', async () => {
  const said = await saidBy(`
    const socket = dgram.createSocket('udp4');
    socket.connect(${WHO_PORT}, '${OUTSIDE4}');
    await once(socket, 'connect');
    const { port } = socket.address();
    const errors = [];
    const timer = setInterval(() => socket.send('x', (error) => error && errors.push(error.code)), 5);
    await ask(socket);
    clearInterval(timer);
    said.push(socket.remoteAddress().address, socket.address().port === port, 'failed: ' + errors.length);`);
  assert.deepEqual(said, [THROUGH_NAT64, OUTSIDE4, 'true', 'failed: 0']);
});

check('so do udp6 sockets, unconnected and connected, and a connection, to an IPv4-mapped address', async () => {
  const mapped = `::ffff:${OUTSIDE4}`;
  const bodies = [
    `await ask(dgram.createSocket('udp6'), ${WHO_PORT}, '${mapped}');`,
    `const socket = dgram.createSocket('udp6');
    socket.connect(${WHO_PORT}, '${mapped}');
    await once(socket, 'connect');
    const { port } = socket.address();
    await ask(socket);
    if (socket.address().port !== port) said.push('another port');`,
    `const socket = net.connect(${WHO_PORT}, '${mapped}').setEncoding('utf8');
    said.push((await once(socket, 'data'))[0] + ' ' + socket.remoteAddress);`,
  ];
  for (const body of bodies) assert.deepEqual(await saidBy(body), [`${OUTSIDE4_EMBEDDED} ${HOST6} ${mapped}`]);
});

check(
  'several programs share the router’s answers, and all go on through the NAT64',
  { timeoutMs: 60_000 },
  async () => {
    const one = () => saidBy(`await ask(dgram.createSocket('udp4'), ${WHO_PORT}, '${OUTSIDE4}');`);
    const said = await Promise.all(Array.from({ length: 6 }, one));
    assert.deepEqual(said.flat(), Array(6).fill(THROUGH_NAT64));
  },
);

check(
  'what a stranger sends, and what a private host answers, does not prove that IPv4 leads to the Internet',
  async () => {
    const said = await saidBy(`
    const socket = dgram.createSocket('udp4');
    socket.bind(7670);
    await once(socket, 'listening');
    await new Promise((resolve) => socket.send('x', ${WHO_PORT}, '${OUTSIDE4}', resolve));
    const heard = once(socket, 'message');
    await beyond('send', { host: '${OWN4.container.address}', port: 7670, text: 'stranger', from: '198.51.100.99' });
    const [stranger] = await heard;
    const server = net.connect(${WHO_PORT}, '10.5.0.1').setEncoding('utf8');
    const [answer] = await once(server, 'data');
    said.push(String(stranger), answer);
    await ask(socket, ${WHO_PORT}, '${OUTSIDE4}');`);
    assert.deepEqual(said, ['stranger', `10.5.0.1 ${OWN4.container.address}`, THROUGH_NAT64]);
  },
);

check(
  'what the router says, or does not say, of other destinations does not delay the question for the Internet',
  async () => {
    const said = await saidBy(`
    const other = dgram.createSocket('udp4');
    const others = ['10.5.0.1', '10.6.0.1', '239.1.2.3', '255.255.255.255', '198.51.100.99'];
    await new Promise((resolve) => other.bind(0, resolve));
    other.setBroadcast(true);
    for (let i = 0; i < 10; i++) {
      for (const address of others) other.send('x', 9, address, () => {});
      await sleep(100);
    }
    await ask(dgram.createSocket('udp4'), ${WHO_PORT}, '${OUTSIDE4}');`);
    assert.deepEqual(said, [THROUGH_NAT64]);
  },
);

check('a connection from a port of the program’s choice goes on through the NAT64 too', async () => {
  const said = await saidBy(`
    for (const from of [{ localPort: 7671 }, { localAddress: '0.0.0.0', localPort: 7672 }]) {
      const socket = net.connect({ host: '${OUTSIDE4}', port: ${WHO_PORT}, ...from }).setEncoding('utf8');
      said.push((await once(socket, 'data'))[0], socket.localPort);
    }`);
  const answer = `${OUTSIDE4_EMBEDDED} ${HOST6}`;
  assert.deepEqual(said, [answer, '7671', answer, '7672']);
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
    let slowestMs = 0;
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      const said = await askedUntilAnswered(OUTSIDE4);
      slowestMs = Math.max(slowestMs, performance.now() - start);
      assert.match(String(said?.[0]), new RegExp(`^${OUTSIDE4} `));
      await sleep(600);
    }
    // An answer that takes longer is waited for 300 ms. The answer of a busy machine is seen at the next send.
    if (slowestMs < 600) assert.equal((await beyond('counters', {})).UdpNoPorts, before.UdpNoPorts);
  },
);
