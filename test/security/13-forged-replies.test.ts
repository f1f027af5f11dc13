// Claim 13: forged replies with a wrong id, port, name or type are ignored. The forger sees the query and answers first;
// what it sends differs from a good reply in one thing alone, and the control shows that without that it would be believed.

import dgram from 'node:dgram';
import { once } from 'node:events';
import test from 'ava';
import { DnsClient } from '../../src/resolver/client.js';
import { encodeMessage } from '../../src/resolver/message.js';
import { RESOLV_CONF_DEFAULTS } from '../../src/resolver/resolv-conf.js';
import { Resolver } from '../../src/resolver/resolver.js';
import { type Message, type Question, queryFor } from '../../src/resolver/types.js';
import { type Asked, nameServer, reply } from '../unit/resolver/_server.js';
import { data, record } from '../unit/resolver/_upstream.js';

const NAME = 'bank.example.org';
const GOOD = '203.0.113.5';
const EVIL = '198.51.100.66';
const A = queryFor(NAME, 'A');
const answerOf = (query: Asked, address: string, name = query.question.name) =>
  reply(query, [record(name, 'A', address)]);
const client = (server: { at: string }, options = {}) =>
  new DnsClient({ servers: () => [server.at], timeoutMs: 20_000, ...options });
const withQuestion = (query: Asked, changes: Partial<Question>): Asked => ({
  ...query,
  question: { ...query.question, ...changes },
});

/** Query → the reply that differs in this alone. */
const FORGERIES: Readonly<Record<string, (query: Asked) => Message>> = {
  'a wrong id': (query: Asked) => answerOf({ ...query, id: query.id ^ 0x8000 }, EVIL),
  'an id beside the right one': (query: Asked) => answerOf({ ...query, id: (query.id + 1) & 0xffff }, EVIL),
  'a wrong name': (query: Asked) =>
    answerOf(withQuestion(query, { name: 'xbank.example.org' }), EVIL, query.question.name),
  'a name below the right one': (query: Asked) =>
    answerOf(withQuestion(query, { name: `a.${query.question.name}` }), EVIL),
  'a wrong type': (query: Asked) => answerOf(withQuestion(query, { type: 'AAAA' }), EVIL),
  'a type whose number is A’s with another upper octet': (query: Asked) =>
    answerOf(withQuestion(query, { type: 'TYPE257' }), EVIL),
  'a wrong class': (query: Asked) => answerOf(withQuestion(query, { class: 'CH' }), EVIL),
  'no question': (query: Asked) => ({ ...answerOf(query, EVIL, NAME), question: undefined }),
  'the bit of a query': (query: Asked) => ({ ...answerOf(query, EVIL), response: false }),
};

for (const [what, forge] of Object.entries(FORGERIES)) {
  test(`claim 13: a reply with ${what} is ignored, however often it comes; the right one is taken`, async (t) => {
    const server = await nameServer(t, (query) => [...Array(20).fill(forge(query)), answerOf(query, GOOD)]);
    t.deepEqual(data(await client(server).query(A), 'A'), [GOOD]);
    t.is(server.seen.length, 1, 'and nothing was asked again');
  });
}

test('claim 13, control: a forged reply in which all is right is believed', async (t) => {
  const server = await nameServer(t, (query) => [answerOf(query, EVIL), answerOf(query, GOOD)]);
  t.deepEqual(data(await client(server).query(A), 'A'), [EVIL]);
});

test('claim 13: a reply in other letters than were sent is not taken over UDP: it is asked again over TCP', async (t) => {
  const swapped = (name: string) =>
    name.replace(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()));
  const server = await nameServer(t, (query, { tcp }) =>
    tcp ? answerOf(query, GOOD) : answerOf(withQuestion(query, { name: swapped(query.question.name) }), EVIL),
  );
  t.deepEqual(data(await client(server).query(A), 'A'), [GOOD]);
  t.deepEqual(
    server.seen.map(({ tcp }) => tcp),
    [false, true],
  );
});

/** Sends `bytes` from a socket of its own, and waits until they are out. */
async function sendFrom(address: string, port: number, bytes: Buffer, to: dgram.RemoteInfo) {
  const socket = dgram.createSocket('udp6');
  socket.bind(port, address);
  await once(socket, 'listening');
  await new Promise<void>((resolve, reject) =>
    socket.send(bytes, to.port, to.address, (error) => (error ? reject(error) : resolve())),
  );
  socket.close();
}

// Over IPv4, where the loopback has more addresses than one.
const SERVER = '::ffff:127.0.0.1';
for (const [what, address, portOf] of [
  ['a wrong port', SERVER, () => 0],
  ['a wrong address', '::ffff:127.0.0.2', (server: { port: number }) => server.port],
] as const) {
  test(`claim 13: a reply from ${what}, in which all else is right, is ignored`, async (t) => {
    const server = await nameServer(t, () => undefined, { address: SERVER });
    const sent = new Promise((resolve, reject) => {
      server.udp.on('message', async (_, to) => {
        const query = server.seen.at(-1) as Asked;
        await sendFrom(address, portOf(server), encodeMessage(answerOf(query, EVIL)), to).then(resolve, reject);
        server.udp.send(encodeMessage(answerOf(query, GOOD)), to.port, to.address);
      });
    });
    t.deepEqual(data(await client(server).query(A), 'A'), [GOOD]);
    await sent;
    t.is(server.seen.length, 1);
  });
}

test('claim 13, control: the same reply sent from the server’s own port is believed', async (t) => {
  const server = await nameServer(t, () => undefined);
  server.udp.on('message', (_, to) => {
    const query = server.seen.at(-1) as Asked;
    for (const address of [EVIL, GOOD]) server.udp.send(encodeMessage(answerOf(query, address)), to.port, to.address);
  });
  t.deepEqual(data(await client(server).query(A), 'A'), [EVIL]);
});

test('claim 13: records of other names in a good reply are not used, nor kept for those names', async (t) => {
  const asked: string[] = [];
  const server = await nameServer(t, (query) => {
    asked.push(query.question.name.toLowerCase());
    const own = answerOf(query, GOOD);
    const poison = ['other.example.org', 'example.org'].map((name) => record(name, 'A', EVIL));
    return { ...own, answers: [...poison, ...own.answers], additionals: poison, authorities: poison };
  });
  const resolver = new Resolver({ servers: () => [server.at] }, RESOLV_CONF_DEFAULTS);
  for (const name of [NAME, 'other.example.org', 'third.example.org']) {
    const addresses = (await resolver.resolveAddresses(name, 4)).map(({ address }) => address);
    // Control: for the name that was asked for the server's word counts, whichever record it is in.
    t.deepEqual(addresses, name === 'other.example.org' ? [EVIL, GOOD] : [GOOD]);
  }
  t.deepEqual(asked, [NAME, 'other.example.org', 'third.example.org']);
});

test('claim 13: over TCP, too', async (t) => {
  for (const [what, forge] of Object.entries(FORGERIES)) {
    const server = await nameServer(t, (query, { tcp }) =>
      tcp ? [forge(query), answerOf(query, GOOD)] : reply(query, [], { truncated: true }),
    );
    t.deepEqual(data(await client(server).query(A), 'A'), [GOOD], what);
  }
  const control = await nameServer(t, (query, { tcp }) =>
    tcp ? [answerOf(query, EVIL), answerOf(query, GOOD)] : reply(query, [], { truncated: true }),
  );
  t.deepEqual(data(await client(control).query(A), 'A'), [EVIL]);
});
