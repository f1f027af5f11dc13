import test from 'ava';
import fc from 'fast-check';
import { PREFIX_LENGTHS, Pref64 } from '../../../src/address/pref64.js';
import { findPrefixes } from '../../../src/prefix/find-prefixes.js';
import {
  askPatiently,
  type DiscoveryAnswer,
  isSilence,
  queryByDns,
  queryByLookup,
} from '../../../src/prefix/rfc7050.js';
import { isOutOfResources } from '../../../src/report/out-of-resources.js';
import { answers, failure, noData, type Reply, record, soa, TIMEOUT, upstream } from '../resolver/_upstream.js';
import { manualClock } from './_clock.js';

const both = (...prefixes: string[]) =>
  prefixes.flatMap((text) => ['192.0.0.170', '192.0.0.171'].map((ip) => Pref64.parse(text).embed(ip)));
const find = (addresses: string[]) => findPrefixes(addresses).map(String);

test('RFC 7050 §3: the well-known prefix and prefixes of every length are found', (t) => {
  t.deepEqual(find(both('64:ff9b::/96')), ['64:ff9b::/96']);
  for (const length of PREFIX_LENGTHS) t.deepEqual(find(both(`2001:db8::/${length}`)), [`2001:db8::/${length}`]);
});

test('RFC 7050 §3: all AAAA records are looked at, several prefixes keep the order received', (t) => {
  t.deepEqual(find(both('2001:db8:2::/96', '64:ff9b::/96', '2001:db8:1::/48')), [
    '2001:db8:2::/96',
    '64:ff9b::/96',
    '2001:db8:1::/48',
  ]);
});

test('RFC 7050 §3: one of the two well-known addresses is enough', (t) => {
  t.deepEqual(find(['64:ff9b::192.0.0.170']), ['64:ff9b::/96']);
  t.deepEqual(find(['64:ff9b::192.0.0.171']), ['64:ff9b::/96']);
});

test('RFC 7050 §3: a well-known address that occurs twice decides nothing, the other one does', (t) => {
  // The prefix itself contains 192.0.0.170 where a /32 would have it.
  t.deepEqual(find(both('2001:db8:c000:aa::/96')), ['2001:db8:c000:aa::/96']);
  t.deepEqual(find(both('2001:db8:c000:ab::/96')), ['2001:db8:c000:ab::/96']);
  t.deepEqual(find(['2001:db8:c000:aa::c000:aa']), []);
});

test('RFC 6052 §2.2: bits 64 to 71 that are not zero are no prefix, a suffix that is not zero does not matter', (t) => {
  t.deepEqual(find(['2001:db8:122:344:100::c000:aa', '2001:db8::ffff:192.0.0.1']), []);
  t.deepEqual(find(['2001:db8:122:344:c0:0:aa00:1']), ['2001:db8:122:344::/64']);
});

test('property: RFC 7050 §3: whatever the prefix, it is found, and nothing else', (t) => {
  const octets = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(octets, fc.constantFrom(...PREFIX_LENGTHS), (random, length) => {
      const prefix = Pref64.startOf(random.with(0, 0x20).with(8, 0), length) as Pref64;
      t.deepEqual(find(both(prefix.toString())), [prefix.toString()]);
    }),
    { numRuns: 500 },
  );
});

test('property: no address makes the search throw', (t) => {
  fc.assert(fc.property(fc.array(fc.ipV6()), (addresses) => t.true(find(addresses).length <= 12)));
});

test('RFC 7050 §3: name servers are asked for AAAA with CD unset; the least TTL counts', async (t) => {
  const aaaa = both('64:ff9b::/96').map((address, i) => record('ipv4only.arpa', 'AAAA', address, 60 + i));
  const up = upstream({ 'ipv4only.arpa AAAA': answers(...aaaa) });
  t.deepEqual(await queryByDns(up), { addresses: both('64:ff9b::/96'), ttlSeconds: 60 });
  t.deepEqual(up.asked, ['ipv4only.arpa AAAA']);
});

test('RFC 7050 §3: NODATA and NXDOMAIN are answers with the TTL of their SOA, errors and silence are none', async (t) => {
  const run = (reply: Reply) => queryByDns(upstream({ 'ipv4only.arpa AAAA': reply }));
  t.deepEqual(await run(noData(soa('ipv4only.arpa', 33))), { addresses: [], ttlSeconds: 33 });
  t.deepEqual(await run(failure(3)), { addresses: [], ttlSeconds: undefined });
  await t.throwsAsync(run(failure(2)), { code: 'ESERVFAIL' });
  await t.throwsAsync(run(TIMEOUT), { code: 'ETIMEOUT' });
});

test('the system resolver: no such name is an answer, trouble is none', async (t) => {
  const fails = (code: string) => async () => {
    throw Object.assign(new Error('x'), { code });
  };
  const lookup = async () => both('64:ff9b::/96').map((address) => ({ address, family: 6 }));
  t.deepEqual((await queryByLookup(lookup)).addresses, both('64:ff9b::/96'));
  t.deepEqual((await queryByLookup(fails('ENOTFOUND'))).addresses, []);
  await t.throwsAsync(queryByLookup(fails('EAI_AGAIN')), { code: 'EAI_AGAIN' });
});

/** Answers after a delay. */
type Later = (delay: number, value: DiscoveryAnswer | Error) => Promise<DiscoveryAnswer>;
/** What a server does that is asked. */
type Script = (server: string, signal: AbortSignal, later: Later) => Promise<DiscoveryAnswer>;

/** Asks servers that do as `script` says, on a clock that moves when told. */
function patience(servers: string[], script: Script) {
  const { now, setTimer: after, move } = manualClock();
  const asked: [at: number, server: string][] = [];
  const controller = new AbortController();
  const ask = (server: string, signal: AbortSignal) => {
    asked.push([now(), server]);
    return script(server, signal, (delay, value) => {
      return new Promise((resolve, reject) => {
        after(() => (value instanceof Error ? reject(value) : resolve(value)), delay);
      });
    });
  };
  const promise = askPatiently(servers, ask, controller.signal, after);
  promise.catch(() => {});
  return { promise, asked, controller, move };
}
const YES = { addresses: both('64:ff9b::/96'), ttlSeconds: 60 };

test('the answer of a slow name server counts, though it was asked again meanwhile', async (t) => {
  const { promise, asked, move } = patience(['a'], (_server, _signal, later) => later(8_000, YES));
  await move(8_000);
  t.deepEqual(await promise, YES);
  t.deepEqual(
    asked.map(([at]) => at),
    [0, 1_000, 3_000, 7_000],
  );
});

test('a name server that comes back is asked within four seconds', async (t) => {
  for (const back of [500, 2_000, 6_000, 10_000, 14_000]) {
    let at = 0;
    const { promise, move } = patience(['a'], (_server, _signal, later) =>
      at >= back ? later(0, YES) : new Promise(() => {}),
    );
    let answeredAt: number | undefined;
    promise.then(() => {
      answeredAt = at;
    });
    for (; at < 20_000 && answeredAt === undefined; at += 100) await move(100);
    t.true(Number(answeredAt) - back <= 4_200, `back at ${back}, answered at ${answeredAt}`);
  }
});

test('what refuses is not asked again; a refusal beside silence does not end the listening', async (t) => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const dead = patience(['a', 'b'], (_server, _signal, later) => later(1, refused));
  await move2(dead, 2_000);
  await t.throwsAsync(dead.promise, { code: 'ECONNREFUSED' });
  t.deepEqual(dead.asked, [
    [0, 'a'],
    [300, 'b'],
  ]);
  const half = patience(['a', 'b'], (server, _signal, later) =>
    server === 'a' ? later(1, refused) : later(5_000, YES),
  );
  await move2(half, 6_000);
  t.deepEqual(await half.promise, YES);
});
const move2 = ({ move }: ReturnType<typeof patience>, ms: number) => move(ms);

test('once there is an answer, or nobody wants it, everything under way is given up', async (t) => {
  const signals: AbortSignal[] = [];
  const script: Script = (server, signal, later) => {
    signals.push(signal);
    return server === 'a' ? new Promise(() => {}) : later(10, YES);
  };
  const answered = patience(['a', 'b'], script);
  await answered.move(400);
  await answered.promise;
  t.true(signals.every(({ aborted }) => aborted));
  const given = patience(['a'], script);
  given.controller.abort(new Error('stop'));
  await t.throwsAsync(given.promise, { message: 'stop' });
  t.true(signals.at(-1)?.aborted);
});

test('a server that could not be asked may have had the answer, whatever the others say', async (t) => {
  const full = Object.assign(new Error('full'), { code: 'EMFILE' });
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const { promise, move } = patience(['a', 'b'], (server, _signal, later) => later(1, server === 'a' ? full : refused));
  await move(2_000);
  await t.throwsAsync(promise, { code: 'EMFILE' });
});

test('silence, and want of descriptors, are told from answers', (t) => {
  const error = (code: string, cause?: Error) => Object.assign(new Error(code, { cause }), { code });
  t.true(isOutOfResources(error('ECONNREFUSED', error('EMFILE'))));
  t.false(isOutOfResources(error('ECONNREFUSED')));
  t.false(isSilence(error('ETIMEOUT')), 'of this project alone');
  t.false(isOutOfResources(undefined));
});
