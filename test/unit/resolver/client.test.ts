import dgram from 'node:dgram';
import { once } from 'node:events';
import test from 'ava';
import { type ClientOptions, DnsClient } from '../../../src/resolver/client.js';
import { queryFor } from '../../../src/resolver/types.js';
import { type Asked, nameServer, type Respond, reply, withA } from './_server.js';
import { data, record } from './_upstream.js';

const client = (servers: string[], options: Partial<ClientOptions> = {}) =>
  new DnsClient({ servers: () => servers, timeoutMs: 60_000, attempts: 1, ...options });
const A = queryFor('v4.example.org', 'A');

test('RFC 6891: a query goes over UDP with EDNS0 and 1232 octets, recursion desired, CD and DO unset', async (t) => {
  const server = await nameServer(t, withA);
  t.deepEqual(data(await client([server.at]).query(A), 'A'), ['203.0.113.5']);
  const [query] = server.seen;
  t.deepEqual([query.tcp, query.recursionDesired, query.checkingDisabled], [false, true, false]);
  t.deepEqual([query.edns?.udpPayloadSize, query.edns?.dnssecOk, query.edns?.version], [1232, false, 0]);
});

test('RFC 5452 §9.2: ids and ports are not the same twice, the letters of the name are mixed', async (t) => {
  const server = await nameServer(t, withA);
  const ports = new Set();
  server.udp.on('message', (_, from) => ports.add(from.port));
  for (let i = 0; i < 8; i++) await client([server.at]).query(A);
  t.true(new Set(server.seen.map(({ id }) => id)).size >= 7);
  t.true(ports.size >= 7);
  const names = server.seen.map(({ question }) => question.name);
  t.true(new Set(names).size >= 6);
  t.true(names.every((name) => name.toLowerCase() === 'v4.example.org'));
});

test('the answer has the letters that were asked for, not those sent', async (t) => {
  const server = await nameServer(t, withA);
  const got = await client([server.at]).query(queryFor('V4.example.org', 'A'));
  t.deepEqual([got.question?.name, got.answers[0].name], ['V4.example.org', 'V4.example.org']);
});

const FORGERIES: [what: string, forge: Respond][] = [
  ['another id', (query) => reply({ ...query, id: query.id ^ 1 })],
  ['another name', (query) => reply({ ...query, question: { ...query.question, name: 'evil.example.org' } })],
  ['another type', (query) => reply({ ...query, question: { ...query.question, type: 'AAAA' } })],
  ['another class', (query) => reply({ ...query, question: { ...query.question, class: 'CH' } })],
  ['no question', (query) => reply(query, [], { question: undefined })],
  ['the QR bit unset', (query) => reply(query, [], { response: false })],
  ['another opcode', (query) => reply(query, [], { opcode: 5 })],
  ['nothing', () => Buffer.alloc(0)],
];

for (const [what, forge] of FORGERIES) {
  test(`RFC 5452 §9.1: an answer with ${what} is not taken, the right one after it is`, async (t) => {
    const server = await nameServer(t, (query, how) => [forge(query, how), withA(query)].flat());
    t.deepEqual(data(await client([server.at]).query(A), 'A'), ['203.0.113.5']);
  });
}

test('RFC 5452 §9.1: an answer from another address than was asked is not taken', async (t) => {
  const server = await nameServer(t, () => undefined);
  const forger = dgram.createSocket('udp6');
  t.teardown(() => forger.close());
  server.udp.on('message', (bytes, from) => {
    const forged = Buffer.from(bytes);
    forged[2] |= 0x80;
    forger.send(forged, from.port, from.address);
  });
  await t.throwsAsync(client([server.at], { timeoutMs: 300 }).query(A), { code: 'ETIMEOUT' });
});

test('an answer in other letters than asked is asked for again over TCP', async (t) => {
  const server = await nameServer(t, (query) =>
    withA({ ...query, question: { ...query.question, name: query.question.name.toLowerCase() } }),
  );
  const name = `${'abcdefghij'.repeat(4)}.example.org`;
  t.deepEqual(data(await client([server.at]).query(queryFor(name, 'A')), 'A'), ['203.0.113.5']);
  t.deepEqual(
    server.seen.map(({ tcp }) => tcp),
    [false, true],
  );
});

test('a server that changes the letters is then asked in the letters as they are, over UDP', async (t) => {
  const lower = (query: Asked) =>
    withA({ ...query, question: { ...query.question, name: query.question.name.toLowerCase() } });
  const name = `${'abcdefghij'.repeat(4)}.example.org`;
  for (const tcp of [true, false]) {
    const server = await nameServer(t, lower, { tcp });
    const c = client([server.at]);
    for (let i = 0; i < 2; i++) t.deepEqual(data(await c.query(queryFor(name, 'A')), 'A'), ['203.0.113.5']);
    t.deepEqual(
      server.seen.map(({ tcp: overTcp }) => overTcp),
      tcp ? [false, true, false] : [false, false, false],
    );
    t.is(server.seen.at(-1)?.question.name, name);
  }
});

test('RFC 7766 §5: a truncated answer is asked for again over TCP', async (t) => {
  const server = await nameServer(t, (query: Asked, { tcp }) =>
    tcp ? withA(query) : reply(query, [], { truncated: true }),
  );
  const many = await nameServer(t, (query: Asked, { tcp }) =>
    tcp
      ? reply(
          query,
          Array.from({ length: 300 }, (_, i) => record('v4.example.org', 'A', `198.51.100.${i % 256}`)),
        )
      : reply(query, [], { truncated: true }),
  );
  t.deepEqual(data(await client([server.at]).query(A), 'A'), ['203.0.113.5']);
  t.is((await client([many.at]).query(A)).answers.length, 300);
});

test('a truncated answer is not used where TCP is closed: the next server is asked', async (t) => {
  const cut = await nameServer(t, (query) => reply(query, [], { truncated: true }), { tcp: false });
  const good = await nameServer(t, withA);
  t.deepEqual(data(await client([cut.at, good.at]).query(A), 'A'), ['203.0.113.5']);
});

test('RFC 6891 §7: a server that does not know EDNS is asked without it', async (t) => {
  const server = await nameServer(t, (query) =>
    query.edns ? reply(query, [], { rcode: 1, edns: undefined }) : withA(query),
  );
  t.deepEqual(data(await client([server.at]).query(A), 'A'), ['203.0.113.5']);
  const terse = await nameServer(t, (query) =>
    query.edns ? reply(query, [], { question: undefined, rcode: 1, edns: undefined }) : withA(query),
  );
  t.deepEqual(data(await client([terse.at]).query(A), 'A'), ['203.0.113.5']);
});

test('a malformed answer is not waited on: the next server is asked, EBADRESP where there is none', async (t) => {
  const bad = await nameServer(t, (_query, { bytes }) => {
    const broken = Buffer.from(bytes);
    broken[2] |= 0x80;
    broken[7] = 9;
    return broken;
  });
  const good = await nameServer(t, withA);
  t.deepEqual(data(await client([bad.at, good.at], { timeoutMs: 60_000 }).query(A), 'A'), ['203.0.113.5']);
  await t.throwsAsync(client([bad.at]).query(A), { code: 'EBADRESP', message: 'queryA EBADRESP v4.example.org' });
});

for (const [what, rcode] of [
  ['SERVFAIL', 2],
  ['NOTIMP', 4],
  ['REFUSED', 5],
] as const) {
  test(`after ${what} the next server is asked; where all say so it is the answer`, async (t) => {
    const bad = await nameServer(t, (query) => reply(query, [], { rcode }));
    const good = await nameServer(t, withA);
    t.is((await client([bad.at, good.at]).query(A)).rcode, 0);
    t.is((await client([bad.at, bad.at]).query(A)).rcode, rcode);
  });
}

test('NXDOMAIN is an answer: no other server is asked', async (t) => {
  const first = await nameServer(t, (query) => reply(query, [], { rcode: 3 }));
  const second = await nameServer(t, withA);
  t.is((await client([first.at, second.at]).query(A)).rcode, 3);
  t.is(second.seen.length, 0);
});

test('a silent server costs its time-out once, then it is asked last', async (t) => {
  const silent = await nameServer(t, () => undefined);
  const good = await nameServer(t, withA);
  const c = client([silent.at, good.at], { attempts: 2, timeoutMs: 1500 });
  await c.query(A);
  const before = silent.seen.length;
  t.true(before > 0);
  await c.query(queryFor('other.example.org', 'A'));
  t.is(silent.seen.length, before);
});

test('as many attempts as asked for, then ETIMEOUT', async (t) => {
  const server = await nameServer(t, () => undefined);
  await t.throwsAsync(client([server.at], { timeoutMs: 60, attempts: 3 }).query(A), {
    code: 'ETIMEOUT',
    message: 'queryA ETIMEOUT v4.example.org',
  });
  while (server.seen.length < 3) await once(server.udp, 'message');
  t.is(server.seen.length, 3);
});

test('a closed port is noticed at once: ECONNREFUSED', async (t) => {
  const socket = dgram.createSocket('udp6');
  await new Promise<void>((resolve) => socket.bind(0, '::1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  const refused = client([`[::1]:${port}`], { timeoutMs: 600_000 });
  await t.throwsAsync(refused.query(A), { code: 'ECONNREFUSED', message: 'queryA ECONNREFUSED v4.example.org' });
});

test('without a usable server: ECONNREFUSED; with none that is an address: EBADQUERY', async (t) => {
  await t.throwsAsync(client([]).query(A), { code: 'ECONNREFUSED' });
  await t.throwsAsync(client(['192.0.2.53']).query(A), { code: 'ECONNREFUSED' });
  await t.throwsAsync(client(['nonsense']).query(A), { code: 'EBADQUERY' });
});

test('names that no message can hold: EBADNAME; types that there are not: EBADQUERY', async (t) => {
  for (const name of ['a..b', 'a'.repeat(64), `${'a.'.repeat(130)}b`, 'münchen.example', 'x\\']) {
    await t.throwsAsync(client(['::1']).query(queryFor(name, 'A')), { code: 'EBADNAME' }, name);
  }
  await t.throwsAsync(client(['::1']).query(queryFor('example.org', 'NONSENSE')), { code: 'EBADQUERY' });
});

test('an IPv4 name server is reached by the address that is made for it, from an IPv6 socket', async (t) => {
  const server = await nameServer(t, withA);
  const asked: string[] = [];
  const toServerAddress = (ipv4: string) => {
    asked.push(ipv4);
    return '::1';
  };
  await client([`192.0.2.53:${server.port}`], { toServerAddress }).query(A);
  t.deepEqual(asked, ['192.0.2.53']);
});

test('a name server on the IPv4 loopback needs no prefix', async (t) => {
  const server = await nameServer(t, withA, { address: '::ffff:127.0.0.1' });
  t.is((await client([`127.0.0.1:${server.port}`]).query(A)).rcode, 0);
});

test('with rotate the queries are spread over the servers', async (t) => {
  const one = await nameServer(t, withA);
  const two = await nameServer(t, withA);
  const c = client([one.at, two.at], { rotate: true });
  for (let i = 0; i < 4; i++) await c.query(queryFor(`n${i}.example.org`, 'A'));
  t.deepEqual([one.seen.length, two.seen.length], [2, 2]);
});

test('the same question is asked once at a time, whoever asks', async (t) => {
  const server = await nameServer(t, withA);
  const c = client([server.at]);
  await Promise.all(Array.from({ length: 20 }, () => c.query(A)).concat(c.query(queryFor('V4.EXAMPLE.org', 'A'))));
  t.is(server.seen.length, 1);
  await c.query(A);
  t.is(server.seen.length, 2);
});

test('a query with a signal ends alone, and cancel ends the others', async (t) => {
  const releases: (() => void)[] = [];
  const server = await nameServer(t, () => undefined);
  server.udp.on('message', (bytes, from) => {
    const answer = Buffer.from(bytes);
    answer[2] |= 0x80;
    releases.push(() => server.udp.send(answer, from.port, from.address));
  });
  const c = client([server.at], { timeoutMs: 60_000 });
  const one = new AbortController();
  const first = c.query(A, one.signal);
  const second = c.query(A);
  while (releases.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  one.abort();
  await t.throwsAsync(first, { code: 'ECANCELLED', message: 'queryA ECANCELLED v4.example.org' });
  for (const release of releases) release();
  t.is((await second).rcode, 0);
  const third = c.query(A);
  c.cancel();
  await t.throwsAsync(third, { code: 'ECANCELLED' });
});
