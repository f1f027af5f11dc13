import dgram from 'node:dgram';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Pref64 } from '../../../src/address/pref64.js';
import type { ServerAddress } from '../../../src/address/server-address.js';
import { DnsClient } from '../../../src/resolver/client.js';
import { dns64Config } from '../../../src/resolver/dns64-config.js';
import { decodeMessage, encodeMessage, queryMessage } from '../../../src/resolver/message.js';
import { Responder } from '../../../src/resolver/responder.js';
import { Dns64Server } from '../../../src/resolver/server.js';
import { type Message, queryFor } from '../../../src/resolver/types.js';
import { answers, ask, data, failure, message, type Reply, record, TIMEOUT, upstream } from './_upstream.js';

const config = dns64Config({ prefixes: [Pref64.parse('2001:db8:64::/96')] });
const ZONE: Record<string, Reply> = {
  'v4.example.org A': answers(record('v4.example.org', 'A', '203.0.113.5', 300)),
  'many.example.org A': answers(
    ...Array.from({ length: 100 }, (_, i) => record('many.example.org', 'A', `198.51.100.${i}`)),
  ),
  'dead.example.org AAAA': TIMEOUT,
  'dead.example.org A': TIMEOUT,
};
const query = (name: string, type = 'AAAA', overrides = {}) =>
  encodeMessage({ ...queryMessage(7, ask(name, type), name), ...overrides });
const responder = (zone = ZONE) => new Responder({ upstream: upstream(zone), config });
const respond = async (r: Responder, bytes: Buffer, tcp = false) => {
  const reply = await r.respond(bytes, tcp);
  return decodeMessage(reply as Buffer);
};

test('the answer has the id, question, RD and CD of the query; RA is set, AA is not', async (t) => {
  const got = await respond(responder(), query('V4.Example.org', 'AAAA', { checkingDisabled: true }));
  t.deepEqual([got.id, got.question?.name, got.response], [7, 'V4.Example.org', true]);
  t.deepEqual(
    [got.recursionDesired, got.recursionAvailable, got.checkingDisabled, got.authoritative],
    [true, true, true, false],
  );
  t.deepEqual(data(got, 'AAAA'), ['2001:db8:64::cb00:7105']);
});

test('a second answer comes ready-made: with its own id, letters and remaining TTL', async (t) => {
  const r = responder();
  await respond(r, query('v4.example.org'));
  const ready = r.respond(query('V4.EXAMPLE.ORG', 'AAAA', { id: 99 }), false);
  t.true(Buffer.isBuffer(ready));
  const got = decodeMessage(ready as Buffer);
  t.deepEqual([got.id, got.question?.name, data(got, 'AAAA')], [99, 'V4.EXAMPLE.ORG', ['2001:db8:64::cb00:7105']]);
  t.deepEqual([r.counters.snapshot().cacheHits, r.counters.snapshot().synthesized], [1, 2]);
});

test('queries that differ in RD, CD, AD, DO or EDNS do not share an answer', async (t) => {
  const r = responder();
  const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: true, options: [] };
  const forms = [
    {},
    { recursionDesired: false },
    { checkingDisabled: true },
    { authenticData: true },
    { edns },
    { edns: undefined },
  ];
  for (const form of forms) t.false(Buffer.isBuffer(r.respond(query('v4.example.org', 'AAAA', form), false)));
  await new Promise(setImmediate);
  for (const form of forms) {
    const got = await respond(r, query('v4.example.org', 'AAAA', form));
    t.is(got.edns === undefined, 'edns' in form && form.edns === undefined);
    t.is(got.edns?.dnssecOk ?? false, form.edns?.dnssecOk ?? false);
  }
});

test('RFC 6891 §6.2.5: no more octets than the asker can take, 1232 at most; TC and the whole over TCP', async (t) => {
  const r = responder();
  const edns = (udpPayloadSize: number) => ({ edns: { udpPayloadSize, version: 0, dnssecOk: false, options: [] } });
  for (const [form, limit] of [
    [{ edns: undefined }, 512],
    [edns(100), 512],
    [edns(1232), 1232],
    [edns(4096), 1232],
  ] as const) {
    for (let i = 0; i < 2; i++) {
      const bytes = (await r.respond(query('many.example.org', 'AAAA', form), false)) as Buffer;
      t.true(bytes.length <= limit);
      t.true(decodeMessage(bytes).truncated);
    }
  }
  t.is((await respond(r, query('many.example.org'), true)).answers.length, 100);
  t.true((await respond(r, query('many.example.org'))).truncated, 'an answer made ready over TCP is not sent over UDP');
});

test('RFC 6840 §5.8: AD only for who asks for it', async (t) => {
  const r = responder({
    'v6.example.org AAAA': message({ authenticData: true, answers: [record('v6.example.org', 'AAAA', '2001:db8::6')] }),
  });
  t.false((await respond(r, query('v6.example.org'))).authenticData);
  t.true((await respond(r, query('v6.example.org', 'AAAA', { authenticData: true }))).authenticData);
});

test('no upstream: SERVFAIL, and it is not kept', async (t) => {
  const r = responder();
  for (let i = 0; i < 2; i++) t.is((await respond(r, query('dead.example.org'))).rcode, 2);
  t.is(r.counters.snapshot().upstreamFailures, 2);
});

test('an extended error of the upstream passes (RFC 8914), its other options do not', async (t) => {
  const options = [
    { code: 15, data: Buffer.from([0, 22]) },
    { code: 10, data: Buffer.alloc(8) },
  ];
  const edns = { udpPayloadSize: 4096, version: 0, dnssecOk: false, options };
  const r = responder({ 'x.example.org A': failure(2, { edns }) });
  const got = await respond(r, query('x.example.org', 'A'));
  t.deepEqual([got.rcode, got.edns?.options.map(({ code }) => code), got.edns?.udpPayloadSize], [2, [15], 1232]);
});

for (const [what, bytes, rcode] of [
  ['two questions', Buffer.concat([query('a.example.org'), Buffer.alloc(0)]).fill(2, 5, 6), 1],
  ['no question', encodeMessage({ ...queryMessage(7, ask('x', 'A'), 'x'), question: undefined }), 1],
  ['a cut-off question', query('a.example.org').subarray(0, 20), 1],
  ['opcode NOTIFY', query('a.example.org', 'AAAA', { opcode: 4 }), 4],
  [
    'EDNS version 1',
    query('a.example.org', 'A', { edns: { udpPayloadSize: 1232, version: 1, dnssecOk: false, options: [] } }),
    16,
  ],
  ['AXFR', query('example.org', 'AXFR'), 5],
] as const) {
  test(`a query with ${what} is answered with RCODE ${rcode}`, async (t) => {
    const got = await respond(responder(), Buffer.from(bytes));
    t.deepEqual([got.id, got.response, got.rcode], [7, true, rcode]);
  });
}

test('what has no header, and what is itself an answer, is not answered', async (t) => {
  t.is(await responder().respond(Buffer.alloc(5), false), undefined);
  t.is(await responder().respond(encodeMessage(message()), false), undefined);
});

async function serve(t: ExecutionContext, zone = ZONE) {
  const server = new Dns64Server({
    upstream: upstream(zone),
    config,
    listen: [{ address: '::1', family: 6, port: 0 }],
  });
  const [at] = await server.start();
  t.teardown(() => server.stop());
  return { server, at, port: Number(at.split(':').at(-1)) };
}

test('the server answers over UDP and TCP', async (t) => {
  const { server, at } = await serve(t);
  const client = new DnsClient({ servers: () => [at], timeoutMs: 60_000 });
  t.deepEqual(data(await client.query(queryFor('v4.example.org', 'AAAA')), 'AAAA'), ['2001:db8:64::cb00:7105']);
  t.is((await client.query(queryFor('many.example.org', 'AAAA'))).answers.length, 100);
  t.deepEqual(server.statistics().queries, { udp: 2, tcp: 1 });
});

test('RFC 7766 §6.2.1.1: many queries on one connection, in pieces of any size, are all answered', async (t) => {
  const { port } = await serve(t);
  const socket = net.connect(port, '::1');
  const frames = Array.from({ length: 200 }, (_, id) => {
    const bytes = query('v4.example.org', 'AAAA', { id });
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
  });
  const stream = Buffer.concat(frames);
  const ids = new Set();
  let received = Buffer.alloc(0);
  for (let at = 0; at < stream.length; at += 777) socket.write(stream.subarray(at, at + 777));
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk]);
    while (received.length > 2 && received.length >= 2 + received.readUInt16BE(0)) {
      ids.add(decodeMessage(received.subarray(2, 2 + received.readUInt16BE(0))).id);
      received = received.subarray(2 + received.readUInt16BE(0));
    }
    if (ids.size === 200) break;
  }
  t.is(ids.size, 200);
});

test('stopping answers what was asked before, and frees the port', async (t) => {
  let release: (() => void) | undefined;
  const slow = {
    query: () =>
      new Promise<Message>((resolve) => {
        release = () => resolve(answers(record('v6.example.org', 'AAAA', '2001:db8::6')));
      }),
  };
  const server = new Dns64Server({ upstream: slow, config, listen: [{ address: '::1', family: 6, port: 0 }] });
  const [at] = await server.start();
  const client = new DnsClient({ servers: () => [at], timeoutMs: 60_000 });
  const pending = client.query(queryFor('v6.example.org', 'AAAA'));
  while (release === undefined) await new Promise(setImmediate);
  const stopped = server.stop();
  setImmediate(release);
  t.deepEqual(data(await pending, 'AAAA'), ['2001:db8::6']);
  await stopped;
  const again = dgram.createSocket('udp6');
  await new Promise<void>((resolve) => again.bind(Number(at.split(':').at(-1)), '::1', resolve));
  again.close();
  t.pass();
});

test('an address that is taken is an error, and nothing is left open', async (t) => {
  const { port } = await serve(t);
  const listen: ServerAddress[] = [
    { address: '::1', family: 6, port: 0 },
    { address: '::1', family: 6, port },
  ];
  await t.throwsAsync(new Dns64Server({ upstream: upstream(), config, listen }).start(), { code: 'EADDRINUSE' });
});
