import test from 'ava';
import fc from 'fast-check';
import { ipv4ToInteger, parseIPv4Range } from '../../../src/address/ipv4.js';
import { Pool } from '../../../src/address/pool.js';

const pool4 = (network: string, capacity?: number, now?: () => number) =>
  new Pool({ network, privateNetwork: () => '10.170.160.0/20', capacity, now });
const address = (n: number) => `2001:db8::${(n + 1).toString(16)}`;
interface Clock {
  ms: number;
}

const at = (clock: Clock) => () => clock.ms;
const MINUTE = 60_000;

test('RFC 6535 §2.4: an IPv6 address gets one IPv4 address, and that leads back to it', (t) => {
  const pool = pool4('198.18.0.0/15');
  const ipv4 = pool.assign(address(1)) as string;
  t.true(pool.contains(ipv4));
  t.is(pool.toIPv6(ipv4), address(1));
  t.is(pool.assign(address(1)), ipv4);
  t.is(pool.find(address(1)), ipv4);
  t.not(pool.assign(address(2)), ipv4);
});

test('an address that was never given out stands for nothing', (t) => {
  const pool = pool4('198.18.0.0/15');
  t.is(pool.toIPv6('198.18.0.1'), undefined);
  t.is(pool.find(address(1)), undefined);
  t.false(pool.contains('198.17.255.255'));
  t.false(pool.contains('198.20.0.0'));
});

test('the first and the last address of the network are not used', (t) => {
  const pool = pool4('198.51.100.0/30');
  const given = [pool.assign(address(1)), pool.assign(address(2))];
  t.deepEqual(given.sort(), ['198.51.100.1', '198.51.100.2']);
});

test('a network without an address to give gives none', (t) => {
  t.is(pool4('198.51.100.0/31').assign(address(1)), undefined);
  t.is(pool4('198.51.100.0/32').assign(address(1)), undefined);
});

test('RFC 6535 §6.3: a full pool refuses rather than grows', (t) => {
  const pool = pool4('198.51.100.0/30', 65_534, at({ ms: 0 }));
  pool.assign(address(1));
  pool.assign(address(2));
  t.is(pool.assign(address(3)), undefined);
  t.is(pool.size, 2);
});

test('RFC 6535 §4.4: an entry outlives its TTL, then the least recently used makes room', (t) => {
  const clock = { ms: 0 };
  const pool = pool4('198.51.100.0/30', 65_534, at(clock));
  const first = pool.assign(address(1), 1) as string;
  const second = pool.assign(address(2), 1) as string;
  pool.toIPv6(second);
  clock.ms = 9 * MINUTE;
  t.is(pool.toIPv6(first), address(1));
  t.is(pool.assign(address(3)), undefined);
  clock.ms = 11 * MINUTE;
  t.is(pool.assign(address(3)), second);
  t.is(pool.toIPv6(second), address(3));
  t.is(pool.find(address(2)), undefined);
  t.is(pool.toIPv6(first), address(1));
});

test('a longer TTL holds an entry longer', (t) => {
  const clock = { ms: 0 };
  const pool = pool4('198.51.100.0/30', 1, at(clock));
  pool.assign(address(1), 3600);
  clock.ms = 59 * MINUTE;
  t.is(pool.assign(address(2)), undefined);
  clock.ms = 61 * MINUTE;
  t.is(typeof pool.assign(address(2)), 'string');
});

test('an address that a socket uses is never given to another', (t) => {
  const clock = { ms: 0 };
  const pool = pool4('198.51.100.0/30', 1, at(clock));
  const ipv4 = pool.assign(address(1)) as string;
  const release = pool.use(ipv4);
  clock.ms = 60 * MINUTE;
  t.is(pool.assign(address(2)), undefined);
  release();
  // RFC 6535 §4.4: held after its last use, too.
  clock.ms += 9 * MINUTE;
  t.is(pool.assign(address(2)), undefined);
  clock.ms += 2 * MINUTE;
  t.is(pool.assign(address(2)), ipv4);
});

test('a send is a use: the address is held for ten minutes after it', (t) => {
  const clock = { ms: 0 };
  const pool = pool4('198.51.100.0/30', 1, at(clock));
  const ipv4 = pool.assign(address(1)) as string;
  pool.toIPv6(ipv4);
  for (let i = 0; i < 5; i++) {
    clock.ms += 9 * MINUTE;
    pool.toIPv6(ipv4);
    t.is(pool.assign(address(2)), undefined);
  }
  clock.ms += 11 * MINUTE;
  t.is(pool.assign(address(2)), ipv4);
});

test('a datagram may be forged, so what is only heard does not hold the address of a name', (t) => {
  const clock = { ms: 0 };
  const pool = pool4('198.51.100.0/30', 1, at(clock));
  const ipv4 = pool.assign(address(1)) as string;
  clock.ms += MINUTE;
  t.is(pool.find(address(1)), ipv4);
  clock.ms += 2 * MINUTE;
  t.is(pool.assign(address(2)), ipv4);
});

test('a peer with an address of its own holds it by what it sends', (t) => {
  const clock = { ms: 0 };
  const pool = pool4('198.51.100.0/24', 16, at(clock));
  const ipv4 = pool.assign(address(1), 0, 'peer') as string;
  for (let i = 0; i < 3; i++) {
    clock.ms += 9 * MINUTE;
    t.is(pool.find(address(1)), ipv4);
    t.is(pool.assign(address(2), 0, 'peer'), undefined);
  }
});

for (const [what, ipv6, network] of [
  ['a global address', '2001:db8::1', '198.18.0.0/15'],
  ['a unique local address (RFC 4193)', 'fd12:3456::7', '10.170.160.0/20'],
  ['a site-local address (RFC 3879)', 'fec0::1', '10.170.160.0/20'],
  ['an address of the local-use NAT64 prefix (RFC 8215)', '64:ff9b:1::a00:1', '10.170.160.0/20'],
  ['a 6to4 address, which embeds an IPv4 address', '2002:7f00:1::1', '10.170.160.0/20'],
]) {
  test(`${what} reads as one of ${network}`, (t) => {
    const pool = pool4('198.18.0.0/15');
    const ipv4 = pool.assign(ipv6) as string;
    const { first, last } = parseIPv4Range(network);
    const value = ipv4ToInteger(ipv4);
    t.true(value > first && value < last);
    t.is(pool.toIPv6(ipv4), ipv6);
  });
}

for (const ipv6 of ['::', '::1', '::ffff:10.0.0.1', '::10.0.0.1', 'fe80::1', 'fe80::1%eth0', 'ff02::1', '100::1']) {
  test(`no IPv4 address stands for ${ipv6}`, (t) => t.is(pool4('198.18.0.0/15').assign(ipv6), undefined));
}

test('one spelling is as good as another', (t) => {
  const pool = pool4('198.18.0.0/15');
  t.is(pool.assign('2001:DB8:0:0::1'), pool.assign('2001:db8::1'));
});

test('addresses are drawn at random: a stranger does not guess them', (t) => {
  const drawn = Array.from({ length: 20 }, () => pool4('198.18.0.0/15').assign(address(1)));
  t.true(new Set(drawn).size > 10);
});

test('peers have a quota of their own, and make room for one another', (t) => {
  const clock = { ms: 0 };
  const pool = pool4('198.51.100.0/24', 160, at(clock));
  const peers = [];
  for (let n = 0; n < 1000; n++) peers.push(pool.assign(address(n), 0, 'peer'));
  t.is(peers.filter(Boolean).length, 10);
  for (let n = 2000; n < 2150; n++) t.truthy(pool.assign(address(n)));
  clock.ms += 11 * MINUTE;
  t.truthy(pool.assign(address(5000), 0, 'peer'));
  t.is(pool.size, 160);
});

test('a name may take the place of a peer that is not held, a peer never that of a name', (t) => {
  const clock = { ms: 0 };
  const pool = pool4('198.51.100.0/24', 16, at(clock));
  const peer = pool.assign(address(1), 0, 'peer') as string;
  const names = Array.from({ length: 15 }, (_, n) => pool.assign(address(10 + n)) as string);
  t.is(pool.assign(address(99)), undefined);
  clock.ms += 11 * MINUTE;
  for (const ipv4 of names) pool.toIPv6(ipv4);
  t.is(pool.assign(address(99)), peer);
  t.is(pool.assign(address(100), 0, 'peer'), undefined);
});

test('a peer whose name is looked up is a name from then on', (t) => {
  const pool = pool4('198.51.100.0/24', 16, at({ ms: 0 }));
  const ipv4 = pool.assign(address(1), 0, 'peer') as string;
  t.is(pool.assign(address(1)), ipv4);
  t.truthy(pool.assign(address(2), 0, 'peer'));
});

test('no sequence of uses gives one address to two', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(20 * MINUTE)), { maxLength: 200 }), (steps) => {
      const clock = { ms: 0 };
      const pool = pool4('198.51.100.0/28', 65_534, at(clock));
      for (const [n, ms] of steps) {
        clock.ms += ms;
        const ipv4 = pool.assign(address(n)) as string;
        if (ipv4 === undefined) continue;
        if (pool.toIPv6(ipv4) !== address(n) || !pool.contains(ipv4) || pool.size > 14) return false;
      }
      return true;
    }),
  );
  t.pass();
});

test('an entry that nobody has used makes room after its TTL, and after two minutes at the earliest', (t) => {
  const clock = { ms: 0 };
  const pool = pool4('198.51.100.0/29', 4, at(clock));
  const used = pool.assign(address(1)) as string;
  pool.toIPv6(used);
  const long = pool.assign(address(2), 300) as string;
  const [third, fourth] = [pool.assign(address(3), 60), pool.assign(address(4), 60)];
  clock.ms = 2 * MINUTE - 1;
  t.is(pool.assign(address(5)), undefined);
  clock.ms = 2 * MINUTE;
  t.is(pool.assign(address(5)), third);
  t.is(pool.assign(address(6)), fourth);
  t.is(pool.assign(address(7)), undefined);
  t.is(pool.toIPv6(long), address(2));
  t.is(pool.toIPv6(used), address(1));
});

test('a TTL holds an entry for an hour at most', (t) => {
  const clock = { ms: 0 };
  const pool = pool4('198.51.100.0/30', 1, at(clock));
  const first = pool.assign(address(1), 2 ** 31 - 1);
  clock.ms = 60 * MINUTE - 1;
  t.is(pool.assign(address(2)), undefined);
  clock.ms = 60 * MINUTE;
  t.is(pool.assign(address(2)), first);
});

/** 0, 1, 2 and so on, instead of a random integer. */
const inTurn = (step = 1) => {
  let next = -step;
  return (bound: number) => {
    next += step;
    return next % bound;
  };
};
const privatePool = (options: { privateNetwork?: string; isTaken?: (ipv4: string) => boolean } = {}) =>
  new Pool({ network: '198.18.0.0/15', privateNetwork: () => '10.170.160.0/29', random: inTurn(), ...options });
const inside = (n: number) => `fd12:3456::${n + 1}`;

test('an address that belongs to another host stands for none', (t) => {
  const isTaken = (ipv4: string) => ipv4 === '10.170.160.1' || ipv4.startsWith('198.18.');
  t.is(privatePool({ isTaken }).assign(inside(1)), '10.170.160.2');
  t.is(privatePool({ isTaken: () => true }).assign(inside(1)), undefined);
  const named = privatePool({ privateNetwork: '10.170.160.0/29', isTaken });
  t.is(named.assign(inside(1)), '10.170.160.1', 'the policy knows better');
  const half = new Pool({ network: '198.18.0.0/15', privateNetwork: () => undefined, isTaken, random: inTurn(10_000) });
  t.is(half.assign(address(1)), '198.19.17.113');
  t.is(half.assign(inside(1)), undefined);
  t.deepEqual(half.networks, ['198.18.0.0/15']);
});

test('an address of a private network that the program uses before it stands for anything, never does', (t) => {
  const pool = privatePool();
  const value = ipv4ToInteger('10.170.160.1');
  t.true(pool.contains(value));
  t.true(pool.leaveOut(value, false));
  t.true(pool.contains(value));
  t.true(pool.leaveOut(value));
  t.false(pool.contains(value));
  t.is(pool.assign(inside(1)), '10.170.160.2');
  t.false(pool.leaveOut(ipv4ToInteger('10.170.160.2')), 'this one stands for something');
  t.false(pool.leaveOut(ipv4ToInteger('198.18.0.1')), 'the network for benchmarks has no hosts');
  t.false(privatePool({ privateNetwork: '10.170.160.0/29' }).leaveOut(value), 'the policy knows better');
});

test('the addresses that are left out are bounded', (t) => {
  const pool = new Pool({ network: '198.18.0.0/15', privateNetwork: () => '10.170.160.0/20' });
  const first = ipv4ToInteger('10.170.160.1');
  for (let n = 0; n <= 1024; n++) pool.leaveOut(first + n);
  t.deepEqual([pool.contains(first), pool.contains(first + 1), pool.contains(first + 1024)], [true, false, false]);
});
