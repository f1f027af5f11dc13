import test from 'ava';
import fc from 'fast-check';
import { PREFIX_LENGTHS, Pref64 } from '../../../build/address/pref64.js';
import { PrefixDiscovery } from '../../../build/resolver/discovery.js';
import { firstAnswer, queryByDns, queryByLookup } from '../../../build/resolver/discovery-query.js';
import { findPrefixes } from '../../../build/resolver/find-prefixes.js';
import { answers, failure, noData, record, soa, TIMEOUT, upstream } from './_upstream.js';

const both = (...prefixes) =>
  prefixes.flatMap((text) => ['192.0.0.170', '192.0.0.171'].map((ip) => Pref64.parse(text).embed(ip)));
const find = (addresses) => findPrefixes(addresses).map(String);

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
      const head = Uint8Array.from(random, (octet, i) => (i < length / 8 && i !== 8 ? octet : 0));
      const prefix = Pref64.from(head, length);
      t.deepEqual(find(both(prefix.toString())), [prefix.toString()]);
    }),
    { numRuns: 500 },
  );
});

test('property: no address makes the search throw', (t) => {
  fc.assert(fc.property(fc.array(fc.ipV6()), (addresses) => t.true(find(addresses).length <= 12)));
});

/** A clock, timers that fire when it is moved, and a scripted network. */
function world(...script) {
  let now = 0;
  let timers = [];
  const asked = [];
  const changes = [];
  const discovery = new PrefixDiscovery({
    query: async (background) => {
      asked.push({ at: now, background });
      const next = script.length > 1 ? script.shift() : script[0];
      if (next instanceof Error) throw next;
      return next;
    },
    now: () => now,
    setTimer: (callback, delay) => {
      const timer = { callback, at: now + delay };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    onChange: (prefixes) => changes.push(prefixes.map(String)),
  });
  const move = async (ms) => {
    const end = now + ms;
    for (;;) {
      const due = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      timers = timers.filter((timer) => timer !== due);
      now = due.at;
      due.callback();
      await new Promise(setImmediate);
    }
    now = end;
  };
  return { discovery, asked, changes, move };
}
const WKP = { addresses: both('64:ff9b::/96'), ttlSeconds: 100 };
const NSP = { addresses: both('2001:db8:64::/96'), ttlSeconds: 100 };
const NONE = { addresses: [], ttlSeconds: 50 };
const DOWN = new Error('no answer');
const texts = (prefixes) => prefixes.map(String);

test('RFC 7050 §3: nothing is asked before a prefix is needed, and then once', async (t) => {
  const { discovery, asked, changes } = world(WKP);
  t.deepEqual([discovery.state, discovery.prefixes(), asked], ['idle', [], []]);
  const [one, two] = await Promise.all([discovery.ready(1000), discovery.ready(1000)]);
  t.deepEqual(
    [texts(one), texts(two), asked.length, discovery.state],
    [['64:ff9b::/96'], ['64:ff9b::/96'], 1, 'found'],
  );
  t.deepEqual(changes, [['64:ff9b::/96']]);
});

test('RFC 7050 §3: the prefix is asked for again 10 seconds before its TTL ends, in the background', async (t) => {
  const { discovery, asked, changes, move } = world(WKP, WKP, NSP);
  await discovery.ready(1000);
  await move(89_999);
  t.is(asked.length, 1);
  await move(1);
  t.deepEqual(asked[1], { at: 90_000, background: true });
  t.is(changes.length, 1, 'the same prefix is no change');
  await move(90_000);
  t.deepEqual(changes, [['64:ff9b::/96'], ['2001:db8:64::/96']]);
});

test('RFC 7050 §3: a negative answer is "none", and its TTL is obeyed before asking again', async (t) => {
  const { discovery, asked, move } = world(NONE, WKP);
  t.deepEqual(await discovery.ready(1000), []);
  t.is(discovery.state, 'none');
  await discovery.ready(1000);
  await move(49_999);
  t.is(asked.length, 1);
  await move(1);
  t.deepEqual(texts(discovery.prefixes()), ['64:ff9b::/96']);
});

test('RFC 7050 §3: without an answer it is asked again with back-off, and who waits is let go by the answer', async (t) => {
  const { discovery, asked, move } = world(DOWN, DOWN, DOWN, WKP);
  const waiting = discovery.ready(60_000);
  await new Promise(setImmediate);
  t.is(discovery.state, 'unreachable');
  await move(7_000);
  t.deepEqual(texts(await waiting), ['64:ff9b::/96']);
  t.deepEqual(
    asked.map(({ at }) => at),
    [0, 1_000, 3_000, 7_000],
  );
  t.false(asked[1].background, 'somebody waits for it');
});

test('who waits is let go at the deadline', async (t) => {
  const { discovery } = world(DOWN);
  const before = Date.now();
  t.deepEqual(await discovery.ready(50), []);
  t.true(Date.now() - before < 1000);
});

test('a refresh that gets no answer leaves the prefix in use', async (t) => {
  const { discovery, move } = world(WKP, DOWN, DOWN, NSP);
  await discovery.ready(1000);
  await move(92_000);
  t.deepEqual([texts(discovery.prefixes()), discovery.state], [['64:ff9b::/96'], 'found']);
  await move(2_000);
  t.deepEqual(texts(discovery.prefixes()), ['2001:db8:64::/96']);
});

test('a refresh that says there is none any more takes the prefix away', async (t) => {
  const { discovery, move, changes } = world(WKP, NONE);
  await discovery.ready(1000);
  await move(90_000);
  t.deepEqual([discovery.prefixes(), discovery.state, changes[1]], [[], 'none', []]);
});

test('RFC 7050 §3.2: rediscovery asks at once, but not twice a second', async (t) => {
  const { discovery, asked, move } = world(WKP, NSP);
  await discovery.ready(1000);
  await discovery.rediscover();
  t.is(asked.length, 1, 'the first answer is not a second old');
  await move(1_000);
  t.deepEqual(texts(await discovery.rediscover()), ['2001:db8:64::/96']);
  await discovery.rediscover();
  t.is(asked.length, 2);
});

test('a stopped discovery asks nothing more and lets everybody go', async (t) => {
  const { discovery, asked, move } = world(DOWN);
  const waiting = discovery.ready(60_000);
  await new Promise(setImmediate);
  discovery.stop();
  t.deepEqual(await waiting, []);
  await move(100_000);
  t.is(asked.length, 1);
});

test('RFC 7050 §3: name servers are asked for AAAA with CD unset; the least TTL counts', async (t) => {
  const aaaa = both('64:ff9b::/96').map((address, i) => record('ipv4only.arpa', 'AAAA', address, 60 + i));
  const up = upstream({ 'ipv4only.arpa AAAA': answers(...aaaa) });
  t.deepEqual(await queryByDns(() => up)(false), { addresses: both('64:ff9b::/96'), ttlSeconds: 60 });
  t.deepEqual(up.asked, ['ipv4only.arpa AAAA']);
});

test('RFC 7050 §3: NODATA and NXDOMAIN are answers with the TTL of their SOA, errors and silence are none', async (t) => {
  const run = (reply) => queryByDns(() => upstream({ 'ipv4only.arpa AAAA': reply }))(false);
  t.deepEqual(await run(noData(soa('ipv4only.arpa', 33))), { addresses: [], ttlSeconds: 33 });
  t.deepEqual(await run(failure(3)), { addresses: [], ttlSeconds: undefined });
  await t.throwsAsync(run(failure(2)), { code: 'ESERVFAIL' });
  await t.throwsAsync(run(TIMEOUT), { code: 'ETIMEOUT' });
});

test('where no name server answers the system resolver is asked', async (t) => {
  const dead = queryByDns(() => upstream({ 'ipv4only.arpa AAAA': TIMEOUT }));
  const lookup = async () => both('64:ff9b::/96').map((address) => ({ address, family: 6 }));
  const unknown = async () => {
    throw Object.assign(new Error('x'), { code: 'ENOTFOUND' });
  };
  const again = async () => {
    throw Object.assign(new Error('x'), { code: 'EAI_AGAIN' });
  };
  t.deepEqual((await firstAnswer(dead, queryByLookup(lookup))(false)).addresses, both('64:ff9b::/96'));
  t.deepEqual((await firstAnswer(dead, queryByLookup(unknown))(false)).addresses, []);
  await t.throwsAsync(firstAnswer(dead, queryByLookup(again))(false), { code: 'EAI_AGAIN' });
});
