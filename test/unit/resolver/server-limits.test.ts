// What one client can take from the others: nothing. Every wait is for something that happens, with small limits.
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Pref64 } from '../../../src/address/pref64.js';
import type { ServerAddress } from '../../../src/address/server-address.js';
import { dns64Config } from '../../../src/resolver/dns64-config.js';
import { decodeMessage, encodeMessage, queryMessage } from '../../../src/resolver/message.js';
import { framed } from '../../../src/resolver/message-frames.js';
import { Responder } from '../../../src/resolver/responder.js';
import { Dns64Server, type Dns64ServerOptions } from '../../../src/resolver/server.js';
import type { Message, Upstream } from '../../../src/resolver/types.js';
import { connect } from './_connection.js';
import { answers, ask, data, record, upstream } from './_upstream.js';

const config = dns64Config({ prefixes: [Pref64.parse('2001:db8:64::/96')] });
const ZONE = { 'v4.example.org A': answers(record('v4.example.org', 'A', '203.0.113.5')) };
const query = (id = 7, name = 'v4.example.org') => encodeMessage(queryMessage(id, ask(name, 'AAAA'), name));

async function serve(t: ExecutionContext, options: Partial<Dns64ServerOptions> = {}) {
  const listen: ServerAddress[] = [{ address: '::', family: 6, port: 0 }];
  const server = new Dns64Server({ upstream: upstream(ZONE), config, listen, ...options });
  const [at] = await server.start();
  t.teardown(() => server.stop());
  return { server, port: Number(at.split(':').at(-1)) };
}

const LONG = 600_000;

test('a message that is never whole has a deadline from its first octet on, however it trickles', async (t) => {
  const { port } = await serve(t, { limits: { idleMs: LONG, messageMs: 300 } });
  const { socket, closed, got } = await connect(t, port);
  const octets = framed(Buffer.alloc(60_000));
  let sent = 0;
  const trickle = setInterval(() => socket.write(octets.subarray(sent, ++sent)), 20);
  await closed;
  clearInterval(trickle);
  t.true(sent > 1 && sent < octets.length);
  t.deepEqual(got, []);
});

test('a connection on which nothing is asked is closed, and so is one whose answers nobody reads', async (t) => {
  const { port } = await serve(t, { limits: { idleMs: 200, messageMs: LONG } });
  await (await connect(t, port)).closed;
  const deaf = net.connect(port, '::1');
  t.teardown(() => deaf.destroy());
  deaf.pause();
  const gone = new Promise((resolve) => deaf.once('error', resolve).once('close', resolve));
  const flood = Buffer.concat(Array.from({ length: 2000 }, (_, i) => framed(query(i))));
  const write = () => {
    while (!deaf.destroyed && deaf.write(flood));
  };
  deaf.on('drain', write);
  write();
  await gone;
  t.pass();
});

test('a client that has sent its last query and closed its side still gets the answers', async (t) => {
  const { port } = await serve(t);
  const { socket, answer, closed } = await connect(t, port);
  socket.end(Buffer.concat([framed(query(1)), framed(query(2))]));
  await closed;
  t.deepEqual((await answer(2)).map(({ id }) => id).sort(), [1, 2]);
});

test('a client whose queries nobody answers leaves places for the queries of others', async (t) => {
  const never: Upstream = { query: () => new Promise(() => {}) };
  const responder = new Responder({ upstream: never, config });
  let nth = 0;
  /** Whether a query of this client is refused. */
  const isRefused = async (client: string) => {
    const answer = responder.respond(query(7, `n${nth++}.example.org`), false, client);
    return (
      (await Promise.race([answer, new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))])) !==
      undefined
    );
  };
  const held = async (client: (i: number) => string) => {
    for (let i = 0; ; i++) if (await isRefused(client(i))) return i;
  };
  // A host has all addresses of its /64.
  t.is(await held((i) => `2001:db8:1:1::${i.toString(16)}`), 1000);
  t.is(await held(() => '2001:db8:1:2::1'), 500);
  t.is(await held(() => '::ffff:192.0.2.1'), 250);
  t.false(await isRefused('::ffff:192.0.2.2'));
  t.is(responder.counters.snapshot().pending, 1751);
});

test('two hundred slow connections of one client leave room for others', async (t) => {
  const { port } = await serve(t, { limits: { idleMs: LONG, messageMs: LONG } });
  const slow = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const connection = await connect(t, port);
      connection.socket.write(Buffer.from([1]));
      return connection;
    }),
  );
  let open = slow.length;
  const down = new Promise<void>((resolve) => {
    for (const { closed } of slow) closed.then(() => --open <= 20 && resolve());
  });
  await down;
  t.is(open, 20);
  const other = await connect(t, port, '127.0.0.1');
  other.socket.write(framed(query()));
  t.deepEqual(data((await other.answer())[0], 'AAAA'), ['2001:db8:64::cb00:7105']);
  // Control: the client that has its twenty gets no more.
  await (await connect(t, port)).closed;
});

test('where all connections are taken the one that asked nothing for longest makes room', async (t) => {
  const { port } = await serve(t, { limits: { idleMs: LONG, messageMs: LONG, maxConnections: 3 } });
  const [first, second, third] = [await connect(t, port), await connect(t, port), await connect(t, port)];
  for (const { socket, answer } of [first, third]) {
    socket.write(framed(query()));
    await answer();
  }
  const fourth = await connect(t, port);
  await second.closed;
  for (const { socket, answer } of [first, third, fourth]) {
    socket.write(framed(query()));
    await answer(fourth.socket === socket ? 1 : 2);
  }
  t.pass();
});

test('where all connections are at work a new one is closed', async (t) => {
  let asked = 0;
  const silent = {
    query() {
      asked++;
      return new Promise<never>(() => {});
    },
  };
  const { port } = await serve(t, { upstream: silent, limits: { idleMs: LONG, maxConnections: 2, stopMs: 10 } });
  for (let i = 1; i <= 2; i++) {
    const { socket } = await connect(t, port);
    socket.write(framed(query()));
    while (asked < i) await new Promise(setImmediate);
  }
  await (await connect(t, port)).closed;
  t.pass();
});

/** Sends `n` queries at once over UDP, then one to another server as a mark of the end; gives the answers before it. */
async function flood(t: ExecutionContext, port: number, n: number) {
  const socket = dgram.createSocket('udp6');
  t.teardown(() => socket.close());
  const got: Message[] = [];
  socket.on('message', (bytes) => {
    got.push(decodeMessage(bytes));
    socket.emit('answers');
  });
  for (let i = 0; i < n; i++) await new Promise((resolve) => socket.send(query(i), port, '::1', resolve));
  return {
    got,
    until: async (done: () => boolean) => {
      while (!done()) await once(socket, 'answers');
    },
  };
}

test('rate: beyond it answers are truncated or not given, and TCP still answers', async (t) => {
  const { server, port } = await serve(t, { rate: { perSecond: 5, now: () => 0 } });
  const { got, until } = await flood(t, port, 25);
  await until(() => got.length === 15);
  t.is(got.filter(({ truncated }) => !truncated).length, 5);
  const cut = got.filter(({ truncated }) => truncated);
  t.is(cut.length, 10);
  for (const { question, answers: records, rcode, response, recursionDesired } of cut) {
    t.deepEqual(
      [question, records, rcode, response, recursionDesired],
      [{ name: 'v4.example.org', type: 'AAAA', class: 'IN' }, [], 0, true, true],
    );
  }
  t.deepEqual(server.statistics().rateLimited, { truncated: 10, dropped: 10 });
  const { socket, answer } = await connect(t, port);
  for (let i = 0; i < 20; i++) socket.write(framed(query(i)));
  t.is((await answer(20)).filter(({ truncated }) => truncated).length, 0);
});

test('rate, control: without it every query is answered', async (t) => {
  const { server, port } = await serve(t);
  const { got, until } = await flood(t, port, 25);
  await until(() => got.length === 25);
  t.deepEqual(server.statistics().rateLimited, { truncated: 0, dropped: 0 });
});

test('an answer beyond the rate is no longer than the query, and what is no query gets none', (t) => {
  const responder = new Responder({ upstream: upstream(ZONE), config });
  t.true((responder.decline(query(), 'truncate') as Buffer).length <= query().length);
  t.is(responder.decline(query(), 'drop'), undefined);
  t.is(responder.decline(Buffer.alloc(7), 'truncate'), undefined);
  t.is(
    responder.decline(encodeMessage({ ...queryMessage(7, ask('x', 'A'), 'x'), response: true }), 'truncate'),
    undefined,
  );
});

test('stopping ends idle connections at once, lets answers out, and waits no longer than it says', async (t) => {
  let release: (() => void) | undefined;
  const slow = {
    query: () =>
      new Promise<Message>(
        (resolve) => (release = () => resolve(answers(record('v4.example.org', 'AAAA', '2001:db8::1')))),
      ),
  };
  const { server, port } = await serve(t, { upstream: slow, limits: { idleMs: LONG, messageMs: LONG, stopMs: LONG } });
  const idle = await connect(t, port);
  const busy = await connect(t, port);
  busy.socket.write(framed(query()));
  while (release === undefined) await new Promise(setImmediate);
  const stopped = server.stop();
  await idle.closed;
  release();
  t.deepEqual(data((await busy.answer())[0], 'AAAA'), ['2001:db8::1']);
  await stopped;
  await busy.closed;

  let asked = 0;
  const silent = {
    query() {
      asked++;
      return new Promise<never>(() => {});
    },
  };
  const other = await serve(t, { upstream: silent, limits: { stopMs: 50 } });
  const waiting = await connect(t, other.port);
  waiting.socket.write(framed(query()));
  while (asked === 0) await new Promise(setImmediate);
  await other.server.stop();
  await waiting.closed;
});
