import test from 'ava';
import { type CacheOptions, CachingUpstream, timeToLive } from '../../../src/resolver/cache.js';
import { answers, ask, failure, message, noData, type Reply, record, soa, TIMEOUT, upstream } from './_upstream.js';

const A = ask('v4.example.org', 'A');
const positive = answers(record('v4.example.org', 'A', '203.0.113.5', 100));

function cached(replies: Record<string, Reply>, options: CacheOptions = {}) {
  let now = 0;
  const up = upstream(replies);
  const cache = new CachingUpstream(up, { now: () => now, ...options });
  return { cache, up, replies, move: (seconds: number) => (now += seconds * 1000) };
}

test('an answer is kept for the least TTL of it, which runs down', async (t) => {
  const { cache, up, move } = cached({ 'v4.example.org A': positive });
  await cache.query(A);
  move(40);
  t.is((await cache.query(ask('V4.Example.ORG', 'A'))).answers[0].ttl, 60);
  t.is(up.asked.length, 1);
  move(60);
  t.is((await cache.query(A)).answers[0].ttl, 100);
  t.is(up.asked.length, 2);
});

test('questions that differ in type, class, DO or CD are different', async (t) => {
  const { cache, up } = cached({});
  for (const query of [A, { ...A, type: 'AAAA' }, { ...A, dnssecOk: true }, { ...A, checkingDisabled: true }]) {
    await cache.query(query);
    await cache.query(query);
  }
  t.is(up.asked.length, 4);
});

test('RFC 2308 §5: negative answers are kept for the TTL of their SOA, at most three hours; not without SOA', (t) => {
  t.is(timeToLive(noData(soa('example.org', 77)), A), 77);
  t.is(timeToLive(failure(3, { authorities: [soa('example.org', 55)] }), A), 55);
  t.is(timeToLive(noData(soa('example.org', 100_000)), A), 10_800);
  t.is(timeToLive(noData(), A), 0);
  t.is(timeToLive(failure(3), A), 0);
});

test('RFC 2308 §2.2: an alias to nothing is negative', (t) => {
  const alias = record('v4.example.org', 'CNAME', 'gone.example.org', 30);
  t.is(timeToLive(message({ answers: [alias], authorities: [soa()] }), A), 30);
  t.is(timeToLive(message({ answers: [alias] }), A), 0);
});

test('errors, truncated answers and answers to something else are not kept', (t) => {
  t.is(timeToLive(failure(2, { authorities: [soa()] }), A), 0);
  t.is(timeToLive(message({ ...positive, truncated: true }), A), 0);
  t.is(timeToLive(answers(record('evil.example.org', 'A', '192.0.2.66')), A), 0);
});

test('the cache is bounded in octets too: a large answer takes the place of several', async (t) => {
  const many = Array.from({ length: 1000 }, (_, i) => `192.0.${i >> 8}.${i & 255}`);
  const large = Array.from({ length: 20 }, (_, i) => `l${i}.example.org`);
  const replies = large.map((name) => [`${name} A`, answers(...many.map((data) => record(name, 'A', data)))] as const);
  const { cache, up } = cached({ ...Object.fromEntries(replies), 'v4.example.org A': positive }, { maxEntries: 1000 });
  for (const name of [...large, 'v4.example.org', ...large.toReversed()]) await cache.query(ask(name, 'A'));
  const asked = (name: string) => up.asked.filter((question) => question === `${name} A`).length;
  t.deepEqual(
    ['l0', 'l19', 'v4'].map((name) => asked(`${name}.example.org`)),
    [2, 1, 1],
  );
});

test('the cache is bounded, and the least recently used go first', async (t) => {
  const replies = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [
      `n${i}.example.org A`,
      answers(record(`n${i}.example.org`, 'A', '192.0.2.1')),
    ]),
  );
  const { cache, up } = cached(replies, { maxEntries: 3 });
  for (const i of [0, 1, 2, 0, 3]) await cache.query(ask(`n${i}.example.org`, 'A'));
  up.asked.length = 0;
  for (const i of [0, 2, 3, 1]) await cache.query(ask(`n${i}.example.org`, 'A'));
  t.deepEqual(up.asked, ['n1.example.org A']);
});

test('RFC 8767: where wished, an answer that has run out serves when no server answers, with a TTL of 30', async (t) => {
  const { cache, replies, move } = cached({ 'v4.example.org A': positive }, { staleSeconds: 1000 });
  await cache.query(A);
  for (const broken of [TIMEOUT, failure(2)] as const) {
    replies['v4.example.org A'] = broken;
    move(101);
    t.deepEqual((await cache.query(A)).answers, [record('v4.example.org', 'A', '203.0.113.5', 30)]);
  }
  replies['v4.example.org A'] = failure(3);
  t.is((await cache.query(A)).rcode, 3, 'NXDOMAIN is an answer');
});

test('RFC 8767: by default nothing is served stale, nor beyond its time', async (t) => {
  for (const options of [{}, { staleSeconds: 50 }]) {
    const { cache, replies, move } = cached({ 'v4.example.org A': positive }, options);
    await cache.query(A);
    replies['v4.example.org A'] = TIMEOUT;
    move(151);
    await t.throwsAsync(cache.query(A), { code: 'ETIMEOUT' });
  }
});
