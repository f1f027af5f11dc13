import test from 'ava';
import { ipv4ToInteger } from '../../../src/address/ipv4.js';
import { Pref64 } from '../../../src/address/pref64.js';
import { Evidence } from '../../../src/prefix/evidence.js';
import { Silence } from '../../../src/prefix/silence.js';

const A = Pref64.parse('2001:db8:a::/96');
const B = Pref64.parse('2001:db8:b::/96');
const [ONE, BESIDE, TWO] = ['203.0.113.1', '203.0.113.2', '198.51.100.1'].map(ipv4ToInteger);

function world() {
  let now = 1000;
  const evidence = new Evidence(() => now);
  const first = (ipv4: number | undefined) => evidence.order([A, B], ipv4)[0];
  return { evidence, first, move: (ms: number) => (now += ms) };
}

test('one dead host makes another prefix come first for itself, and for nobody else', (t) => {
  const { evidence, first } = world();
  evidence.failed(A, ONE);
  t.is(first(ONE), B);
  t.is(first(TWO), A);
  t.is(first(undefined), A);
});

test('dead hosts of one network are one witness', (t) => {
  const { evidence, first } = world();
  evidence.failed(A, ONE);
  evidence.failed(A, BESIDE);
  t.is(first(TWO), A);
});

test('a prefix is set aside when independent destinations agree, until something under it works', (t) => {
  const { evidence, first } = world();
  evidence.failed(A, ONE);
  evidence.failed(A, TWO);
  t.is(first(undefined), B);
  t.is(first(ipv4ToInteger('192.0.2.1')), B);
  t.true(evidence.doubts(A));
  evidence.succeeded(A, TWO);
  t.is(first(undefined), A);
  t.is(first(TWO), A);
  t.is(first(ONE), B, 'what failed for a host is remembered for it');
  t.false(evidence.doubts(A));
});

test('what failed under every prefix is tried in their order', (t) => {
  const { evidence, first } = world();
  for (const prefix of [A, B]) for (const ipv4 of [ONE, TWO]) evidence.failed(prefix, ipv4);
  t.is(first(ONE), A);
});

test('a failure counts for 30 seconds', (t) => {
  const { evidence, first, move } = world();
  evidence.failed(A, ONE);
  evidence.failed(A, TWO);
  move(29_999);
  t.is(first(undefined), B);
  move(1);
  t.is(first(undefined), A);
  t.is(first(ONE), A);
  t.false(evidence.doubts(A));
});

test('it asks for proof until something has worked, and while something has failed', (t) => {
  const { evidence, move } = world();
  t.true(evidence.wantsProof);
  evidence.succeeded(A, ONE);
  t.false(evidence.wantsProof);
  evidence.failed(A, TWO);
  t.true(evidence.wantsProof);
  move(30_000);
  t.false(evidence.wantsProof);
  t.deepEqual([evidence.hasWorked(A), evidence.hasWorked(B)], [true, false]);
});

test('where nothing failed the list is the same one', (t) => {
  const { evidence } = world();
  const list = [A, B];
  t.is(evidence.order(list, ONE), list);
});

test('datagrams: silence is more than three in more than two seconds; who never answered is told apart', (t) => {
  let now = 0;
  const silence = new Silence(() => now);
  const sent = (ms: number) => {
    now += ms;
    return silence.sent('2001:db8:a::1');
  };
  // From the second on: of the first nobody knows yet that it has no answer.
  t.deepEqual([sent(0), sent(500), sent(500), sent(500), sent(900)], Array(5).fill(undefined));
  t.is(sent(100), 'never answered');
  t.is(sent(2000), undefined, 'it counts anew');
  silence.heard('2001:db8:a::1');
  t.deepEqual([sent(0), sent(1000), sent(1000)], Array(3).fill(undefined));
  t.is(sent(1000), 'no longer answers');
  silence.heard('2001:db8:b::1');
});
