import test from 'ava';
import { clientNetwork, isLoopback } from '../../../src/resolver/client-network.js';
import { RateLimit } from '../../../src/resolver/rate-limit.js';

function limit(perSecond: number, options = {}) {
  let now = 5000;
  const rate = new RateLimit({ perSecond, now: () => now, ...options });
  const take = (address: string, n = 1) => {
    const counts = { answer: 0, truncate: 0, drop: 0 };
    for (let i = 0; i < n; i++) counts[rate.take(address)]++;
    return counts;
  };
  return { take, move: (ms: number) => (now += ms) };
}

test('so many responses in a second; of the surplus every other one is truncated, the rest dropped', (t) => {
  const { take, move } = limit(10);
  t.deepEqual(take('2001:db8::1', 30), { answer: 10, truncate: 10, drop: 10 });
  move(1000);
  t.deepEqual(take('2001:db8::1', 11), { answer: 10, truncate: 0, drop: 1 });
});

test('the responses come back with the time, no more than a second’s worth', (t) => {
  const { take, move } = limit(10);
  take('2001:db8::1', 10);
  move(300);
  t.is(take('2001:db8::1', 10).answer, 3);
  move(3_600_000);
  t.is(take('2001:db8::1', 100).answer, 10);
});

test('a client is an IPv6 /56 or an IPv4 /24, and does not use up what is another’s', (t) => {
  for (const [one, same, other] of [
    ['2001:db8:0:1::1', '2001:db8:0:ff:ffff::2', '2001:db8:0:100::1'],
    ['::ffff:192.0.2.1', '192.0.2.254', '::ffff:192.0.3.1'],
    ['fe80::1%eth0', 'fe80::2%eth1', 'fe80:0:0:100::1'],
  ]) {
    const { take } = limit(5);
    take(one, 5);
    t.is(take(same).answer, 0);
    t.is(take(other, 5).answer, 5);
  }
});

test('the loopback is limited unless it is exempt', (t) => {
  for (const address of ['::1', '127.0.0.1', '::ffff:127.1.2.3']) {
    t.is(limit(5).take(address, 50).answer, 5);
    t.is(limit(5, { exemptsLoopback: true }).take(address, 50).answer, 50);
  }
  t.is(limit(5, { exemptsLoopback: true }).take('::ffff:192.0.2.1', 50).answer, 5);
  t.false(isLoopback('::ffff:128.0.0.1'));
});

test('as many networks as there are do not take more memory than ten thousand', (t) => {
  const { take } = limit(1);
  const others = (n: number) => {
    for (let i = 0; i < n; i++) take(`2001:db8:${((i >> 8) + 1).toString(16)}:${((i & 255) << 8).toString(16)}::1`);
  };
  take('2001:db8::1');
  others(9_999);
  t.is(take('2001:db8::1').answer, 0, 'it is remembered');
  others(10_000);
  t.is(take('2001:db8::1').answer, 1, 'it is forgotten');
});

test('a network is the head of an address', (t) => {
  const bits = { ipv4: 24, ipv6: 60 };
  t.is(clientNetwork('192.0.2.77', bits), '4:192.0.2.0');
  t.is(clientNetwork('::ffff:192.0.2.77', bits), '4:192.0.2.0');
  t.is(clientNetwork('2001:db8:0:1f::1', bits), clientNetwork('2001:db8:0:10::', bits));
  t.not(clientNetwork('2001:db8:0:1f::1', bits), clientNetwork('2001:db8:0:20::', bits));
  t.not(clientNetwork('c000:200::', { ipv4: 32, ipv6: 32 }), clientNetwork('192.0.2.0', { ipv4: 32, ipv6: 32 }));
});
