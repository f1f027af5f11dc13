import test from 'ava';
import {
  collide,
  commonSocket,
  covers,
  type Endpoint,
  groupsOf,
  isWithin,
  overlap,
  PortTable,
  whoHears,
  whoReceives,
} from '../../../src/hooks/ports/port-table.js';

const endpoint = (address: string, kernelAddress = address, v6only = false): Endpoint => ({
  address,
  kernelAddress,
  port: 80,
  family: address.includes(':') ? 6 : 4,
  v6only,
});
const any4 = endpoint('0.0.0.0', '::');
const local4 = endpoint('127.0.0.1', '::1');
const second4 = endpoint('127.0.0.2', '::1');
const own4 = endpoint('192.0.0.1', '2001:db8::1');
const any6 = endpoint('::');
const only6 = endpoint('::', '::', true);
const local6 = endpoint('::1');
const own6 = endpoint('2001:db8::1');
const all: Record<string, Endpoint> = { any4, local4, second4, own4, any6, only6, local6, own6 };
const listener = (e: Endpoint) => ({ endpoint: e, listening: true });
const nameOf = (found: { endpoint: Endpoint } | undefined) =>
  Object.keys(all).find((name) => all[name] === found?.endpoint);

test('endpoints collide as on a dual-stack host', (t) => {
  const free = [];
  for (const [a, one] of Object.entries(all))
    for (const [b, two] of Object.entries(all)) if (a < b && !collide(one, two)) free.push(`${a} ${b}`);
  t.deepEqual(free.sort(), [
    'any4 local6',
    'any4 only6',
    'any4 own6',
    'local4 local6',
    'local4 only6',
    'local4 own4',
    'local4 own6',
    'local4 second4',
    'local6 own4',
    'local6 own6',
    'local6 second4',
    'only6 own4',
    'only6 second4',
    'own4 own6',
    'own4 second4',
    'own6 second4',
  ]);
  for (const one of Object.values(all)) {
    t.true(collide(one, one));
    for (const two of Object.values(all)) t.is(collide(one, two), collide(two, one));
  }
});

test('what hears IPv4 alone leaves room for IPv6', (t) => {
  const mapped = endpoint('0.0.0.0', '::ffff:0.0.0.0');
  t.false(overlap(mapped, only6));
  t.true(overlap(mapped, mapped));
  t.true(overlap(any4, local6));
  t.false(overlap(local4, own4));
});

test('a common socket is no wider than the widest', (t) => {
  t.deepEqual(commonSocket([local4, local6]), { address: '::1', v6only: false });
  t.deepEqual(commonSocket([local4, only6]), { address: '::', v6only: true });
  t.deepEqual(commonSocket([any4, only6]), { address: '::', v6only: false });
  t.true(isWithin({ address: '::', v6only: true }, only6));
  t.false(isWithin({ address: '::', v6only: false }, only6));
  t.false(isWithin({ address: '::', v6only: true }, local4));
  t.true(covers({ address: '::', v6only: true }, local4));
  t.false(covers({ address: '::', v6only: true }, any4));
  t.false(covers({ address: '::1', v6only: false }, any4));
});

test('sockets that overlap are one group, however they come', (t) => {
  const groups = (...list: Endpoint[]) =>
    groupsOf(list.map(listener))
      .map((group) => group.map(nameOf).sort().join(' '))
      .sort();
  t.deepEqual(groups(local4, own6, local6), ['local4 local6', 'own6']);
  t.deepEqual(groups(local4, own6, any4), ['any4 local4 own6']);
});

test('a listener on the loopback never hears another host, whatever is beside it', (t) => {
  const names = Object.keys(all);
  const peers = [
    { ipv4: '192.0.0.1', kernelAddress: '2001:db8::1', isCertain: false, mayWiden: true },
    { ipv4: undefined, kernelAddress: '2001:db8::1', isCertain: false, mayWiden: true },
    { ipv4: '192.0.0.1', kernelAddress: '2001:db8::1', isCertain: false, mayWiden: false },
    { ipv4: undefined, kernelAddress: '2001:db8::1', isCertain: false, mayWiden: false },
  ];
  for (let bits = 0; bits < 1 << names.length; bits++) {
    const sockets = names.filter((_, i) => bits & (1 << i)).map((name) => listener(all[name]));
    for (const peer of peers) {
      const found = whoHears(sockets, peer);
      t.false(['local4', 'second4', 'local6'].includes(String(nameOf(found))), `${sockets.map(nameOf)}`);
      // And nobody is missed who was opened for it.
      if (found === undefined)
        t.false(
          sockets.some(
            ({ endpoint: e }) =>
              ['::', '2001:db8::1'].includes(e.kernelAddress) && (e !== any4 || peer.mayWiden) && e !== own4,
          ),
        );
    }
  }
});

test('a wildcard IPv4 listener hears IPv6 only while it is open to it', (t) => {
  const sockets = [listener(any4)];
  const peer = { ipv4: undefined, kernelAddress: '2001:db8::1', isCertain: false };
  t.is(nameOf(whoHears(sockets, { ...peer, mayWiden: true })), 'any4');
  t.is(whoHears(sockets, { ...peer, mayWiden: false }), undefined);
});

test('the peers of this process are told apart by what they asked for', (t) => {
  const sockets = [local4, second4, local6].map(listener);
  const peer = (ipv4: string | undefined) => ({ ipv4, kernelAddress: '::1', isCertain: true, mayWiden: true });
  t.is(nameOf(whoHears(sockets, peer('127.0.0.2'))), 'second4');
  t.is(nameOf(whoHears(sockets, peer('127.0.0.1'))), 'local4');
  t.is(whoHears(sockets, peer('127.0.0.3')), undefined);
  t.is(nameOf(whoHears(sockets, { ...peer(undefined), isCertain: false })), 'local6');
});

test('who does not listen yet hears nobody', (t) => {
  const peer = { ipv4: undefined, kernelAddress: '::1', isCertain: false, mayWiden: true };
  t.is(whoHears([{ endpoint: local6, listening: false }], peer), undefined);
});

test('a datagram goes to its family among those that are bound where it came in', (t) => {
  const sockets = [any4, only6, local4, own6].map(listener);
  t.is(nameOf(whoReceives(sockets, '::', true, false)), 'any4');
  t.is(nameOf(whoReceives(sockets, '::', false, false)), 'only6');
  t.is(nameOf(whoReceives(sockets, '::1', true, true)), 'local4');
  t.is(nameOf(whoReceives(sockets, '2001:db8::1', false, false)), 'own6');
  t.is(nameOf(whoReceives([listener(only6)], '::', true, true)), undefined);
  t.is(nameOf(whoReceives([listener(any6)], '::', true, true)), 'any6');
  t.is(nameOf(whoReceives([listener(local4)], '::', false, false)), undefined);
});

test('the table finds those beside an endpoint, and forgets those that leave', (t) => {
  const ports = new PortTable();
  const one = listener(any4);
  const two = listener(local6);
  ports.add(one);
  ports.add(two);
  t.deepEqual(ports.beside(only6), undefined); // it collides with ::1
  t.true(ports.remove(two));
  t.false(ports.remove(two));
  t.deepEqual(ports.beside(only6), [one]);
  t.deepEqual(ports.beside({ ...only6, port: 0 }), []);
  ports.remove(one);
  t.deepEqual(ports.at(80), []);
});
