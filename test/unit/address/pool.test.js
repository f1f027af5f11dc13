import test from 'ava';
import fc from 'fast-check';
import { Pool } from '../../../build/address/pool.js';

const address = (n) => `2001:db8::${n.toString(16)}`;
const at = (clock) => () => clock.ms;
const MINUTE = 60_000;

test('RFC 6535 §2.4: an IPv6 address gets one IPv4 address, and that leads back to it', (t) => {
  const pool = new Pool('198.18.0.0/15');
  const ipv4 = pool.assign(address(1));
  t.true(pool.contains(ipv4));
  t.is(pool.toIPv6(ipv4), address(1));
  t.is(pool.assign(address(1)), ipv4);
  t.is(pool.find(address(1)), ipv4);
  t.not(pool.assign(address(2)), ipv4);
});

test('an address that was never given out stands for nothing', (t) => {
  const pool = new Pool('198.18.0.0/15');
  t.is(pool.toIPv6('198.18.0.1'), undefined);
  t.is(pool.find(address(1)), undefined);
  t.false(pool.contains('198.17.255.255'));
  t.false(pool.contains('198.20.0.0'));
});

test('the first and the last address of the network are not used', (t) => {
  const pool = new Pool('198.51.100.0/30');
  const given = [pool.assign(address(1)), pool.assign(address(2))];
  t.deepEqual(given.sort(), ['198.51.100.1', '198.51.100.2']);
});

test('a network without an address to give gives none', (t) => {
  t.is(new Pool('198.51.100.0/31').assign(address(1)), undefined);
  t.is(new Pool('198.51.100.0/32').assign(address(1)), undefined);
});

test('RFC 6535 §6.3: a full pool refuses rather than grows', (t) => {
  const pool = new Pool('198.51.100.0/30', 65_534, at({ ms: 0 }));
  pool.assign(address(1));
  pool.assign(address(2));
  t.is(pool.assign(address(3)), undefined);
  t.is(pool.size, 2);
});

test('RFC 6535 §4.4: an entry outlives its TTL, then the least recently used makes room', (t) => {
  const clock = { ms: 0 };
  const pool = new Pool('198.51.100.0/30', 65_534, at(clock));
  const first = pool.assign(address(1), 1);
  const second = pool.assign(address(2), 1);
  clock.ms = 9 * MINUTE;
  t.is(pool.assign(address(3)), undefined);
  t.is(pool.toIPv6(first), address(1));
  clock.ms = 11 * MINUTE;
  t.is(pool.assign(address(3)), second);
  t.is(pool.toIPv6(second), address(3));
  t.is(pool.find(address(2)), undefined);
  t.is(pool.toIPv6(first), address(1));
});

test('a longer TTL holds an entry longer', (t) => {
  const clock = { ms: 0 };
  const pool = new Pool('198.51.100.0/30', 1, at(clock));
  pool.assign(address(1), 3600);
  clock.ms = 59 * MINUTE;
  t.is(pool.assign(address(2)), undefined);
  clock.ms = 61 * MINUTE;
  t.is(typeof pool.assign(address(2)), 'string');
});

test('an address that a socket uses is never given to another', (t) => {
  const clock = { ms: 0 };
  const pool = new Pool('198.51.100.0/30', 1, at(clock));
  const ipv4 = pool.assign(address(1));
  const release = pool.use(ipv4);
  clock.ms = 60 * MINUTE;
  t.is(pool.assign(address(2)), undefined);
  release();
  t.is(pool.assign(address(2)), ipv4);
});

test('no sequence of uses gives one address to two', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(20 * MINUTE)), { maxLength: 200 }), (steps) => {
      const clock = { ms: 0 };
      const pool = new Pool('198.51.100.0/28', 65_534, at(clock));
      for (const [n, ms] of steps) {
        clock.ms += ms;
        const ipv4 = pool.assign(address(n));
        if (ipv4 === undefined) continue;
        if (pool.toIPv6(ipv4) !== address(n) || !pool.contains(ipv4) || pool.size > 14) return false;
      }
      return true;
    }),
  );
  t.pass();
});
