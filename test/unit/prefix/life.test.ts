import test from 'ava';
import { Pref64 } from '../../../src/address/pref64.js';
import { PrefixLife } from '../../../src/prefix/life.js';
import type { SourceAnswer } from '../../../src/prefix/source.js';
import { manualClock } from './_clock.js';

type Step = SourceAnswer | Error;

/** A clock, timers that fire when it is moved, and a scripted network. The last entry of the script repeats. */
function world(...script: [Step, ...Step[]]) {
  const { now, setTimer, move } = manualClock();
  const asked: number[] = [];
  const changes: string[][] = [];
  const life = new PrefixLife({
    ask: async () => {
      asked.push(now());
      const next = script.length > 1 ? (script.shift() as Step) : script[0];
      if (next instanceof Error) throw next;
      return next;
    },
    now,
    setTimer,
    onChange: ({ prefixes }) => void changes.push(prefixes.map(String)),
  });
  /** Something needs a prefix every `step` milliseconds. */
  const needFor = async (ms: number, step = 1_000, act = () => life.need()) => {
    for (let passed = 0; passed < ms; passed += step) {
      act();
      await move(step);
    }
  };
  return { life, asked, changes, move, needFor, known: () => changes.at(-1) ?? [] };
}
const settled = () => new Promise(setImmediate);
const dns = (ttlSeconds: number, ...texts: string[]): SourceAnswer => ({
  source: 'discovery',
  prefixes: texts.map((text) => Pref64.parse(text)),
  holdsMs: ttlSeconds * 1000,
  ends: false,
});
const router = (seconds: number, ...texts: string[]): SourceAnswer => ({
  ...dns(seconds, ...texts),
  source: 'router',
  ends: true,
});
const WKP = dns(100, '64:ff9b::/96');
const NSP = dns(100, '2001:db8:64::/96');
const NONE = dns(50);
const DOWN = new Error('no answer');

test('RFC 7050 §3: nothing is asked before a prefix is needed, and then once', async (t) => {
  const { life, asked, changes, move } = world(WKP);
  await move(10_000);
  t.deepEqual([life.state, asked], ['unknown', []]);
  life.need();
  life.need();
  await move(0);
  t.deepEqual([life.state, asked, changes], ['learned', [10_000], [['64:ff9b::/96']]]);
});

test('RFC 7050 §3: the prefix is asked for again 10 seconds before its TTL ends', async (t) => {
  const { life, asked, changes, move } = world(WKP, WKP, NSP);
  life.need();
  await move(89_999);
  t.is(asked.length, 1);
  await move(1);
  t.is(asked.length, 2);
  t.is(changes.length, 1, 'the same prefix is no change');
  await move(90_000);
  t.deepEqual(changes, [['64:ff9b::/96'], ['2001:db8:64::/96']]);
});

test('RFC 7050 §3: a negative answer is obeyed for its TTL, once a way has worked all the same', async (t) => {
  const { life, asked, needFor, known } = world(NONE, WKP);
  life.need();
  await needFor(1_000);
  t.is(life.state, 'none');
  life.trust();
  await needFor(48_000);
  t.is(asked.length, 1);
  await needFor(2_000);
  t.deepEqual(known(), ['64:ff9b::/96']);
});

test('a negative answer while nothing works is asked again with the next need after five seconds', async (t) => {
  const { life, asked, move, known } = world(NONE, WKP);
  life.need();
  await move(4_999);
  life.need();
  t.is(asked.length, 1);
  await move(1);
  life.need();
  await move(0);
  t.deepEqual([asked, known()], [[0, 5_000], ['64:ff9b::/96']]);
});

test('without an answer it is asked again with back-off from 1 s to 60 s', async (t) => {
  const { life, asked, move } = world(DOWN);
  life.need();
  await move(200_000);
  t.is(life.state, 'silent');
  t.deepEqual(asked, [0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 123_000, 183_000]);
});

test('and at once when something needs it, five seconds after the last question', async (t) => {
  const { life, asked, move } = world(DOWN);
  life.need();
  await move(70_000);
  t.is(asked.at(-1), 63_000);
  life.need();
  await move(0);
  t.is(asked.at(-1), 70_000);
  life.need();
  await move(1_000);
  t.is(asked.at(-1), 70_000, 'not twice in five seconds');
});

test('the first call that waits asks at once, although a listener has just asked in vain', async (t) => {
  const { life, asked, move } = world(DOWN, DOWN, WKP);
  life.need();
  await move(100);
  life.need();
  life.need(true);
  await move(100);
  life.need(true);
  await move(100);
  t.deepEqual(asked, [0, 100]);
});

test('a refresh that gets no answer leaves the prefix in use, and so does the end of its TTL', async (t) => {
  const { life, move, known } = world(WKP, DOWN, DOWN, DOWN, DOWN, DOWN, NSP);
  life.need();
  await move(110_000);
  t.deepEqual([known(), life.state], [['64:ff9b::/96'], 'learned']);
  t.true(life.isDoubted, 'its time is over');
  await move(20_000);
  t.deepEqual(known(), ['2001:db8:64::/96']);
});

test('a refresh that says there is none any more takes the prefix away', async (t) => {
  const { life, move, changes, known } = world(WKP, NONE);
  life.need();
  await move(90_000);
  t.deepEqual([known(), life.state, changes[1]], [[], 'none', []]);
});

test("RFC 8781 §4.1: a router's prefix is not used after its lifetime, though nobody else answers", async (t) => {
  const { life, move, known, changes } = world(router(60, '2001:db8:64::/96'), DOWN);
  life.need();
  await move(59_999);
  t.deepEqual(known(), ['2001:db8:64::/96']);
  await move(60_000);
  t.deepEqual([known(), life.state, changes.length], [[], 'silent', 2]);
});

test('RFC 8781 §4.1: a router may withdraw its prefix: it is looked at every five minutes', async (t) => {
  const { life, asked, move } = world(router(64_800, '2001:db8:64::/96'));
  life.need();
  await move(900_000);
  t.deepEqual(asked, [0, 300_000, 600_000, 900_000]);
});

test('RFC 7050 §3.2: a way that fails makes the network be asked again, at most every five seconds', async (t) => {
  const { life, asked, move, known } = world(WKP, WKP, NSP);
  life.need();
  await move(3_000);
  life.doubt();
  await move(0);
  t.is(asked.length, 1, 'the answer is three seconds old');
  await move(2_000);
  life.need();
  await move(0);
  t.deepEqual(asked, [0, 5_000]);
  t.false(life.isDoubted, 'the network says the same');
  await move(5_000);
  life.doubt();
  await move(0);
  t.deepEqual([asked, known()], [[0, 5_000, 10_000], ['2001:db8:64::/96']]);
});

test('a way that works ends the doubt', async (t) => {
  const { life, asked, move } = world(WKP);
  life.need();
  await move(1_000);
  t.true(life.wantsProof);
  life.doubt();
  life.trust();
  t.false(life.wantsProof);
  await move(10_000);
  life.need();
  await move(0);
  t.is(asked.length, 1);
});

test('datagrams that nobody answers make it ask ever more rarely, while the network says the same', async (t) => {
  const { life, asked, needFor } = world(dns(86_400, '64:ff9b::/96'));
  life.need();
  await needFor(240_000, 1_000, () => life.doubt(true));
  t.deepEqual(asked, [0, 5_000, 15_000, 35_000, 75_000, 135_000, 195_000]);
});

test('a stopped life asks nothing more', async (t) => {
  const { life, asked, move } = world(DOWN);
  life.need();
  await settled();
  life.stop();
  life.need();
  await move(100_000);
  t.deepEqual(asked, [0]);
});

test('the clock is a monotonic one', async (t) => {
  const { Date: real } = globalThis;
  let asked = 0;
  const life = new PrefixLife({
    ask: async () => {
      asked++;
      throw DOWN;
    },
    setTimer: () => () => {},
  });
  // The wall clock is set back by an hour between two questions.
  life.need();
  await settled();
  globalThis.Date = class extends real {
    static override now() {
      return real.now() - 3_600_000;
    }
  } as DateConstructor;
  const uptime = process.uptime;
  process.uptime = () => Reflect.apply(uptime, process, []) + 6;
  try {
    life.need();
    t.is(asked, 2);
  } finally {
    globalThis.Date = real;
    process.uptime = uptime;
  }
});

test('without a descriptor nothing was asked: the next need asks at once, not in five seconds', async (t) => {
  const full = Object.assign(new Error('no answer'), { cause: Object.assign(new Error('full'), { code: 'EMFILE' }) });
  const { life, asked, known, move } = world(full, WKP);
  life.need();
  await move(10);
  life.need();
  await move(10);
  t.deepEqual([asked, known()], [[0, 10], ['64:ff9b::/96']]);
});
