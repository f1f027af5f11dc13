// What hooks tell of a prefix, and what comes of it: with a real name server, on [::1].
import { AsyncLocalStorage } from 'node:async_hooks';
import test, { type ExecutionContext } from 'ava';
import { Pref64 } from '../../../src/address/pref64.js';
import { Prefixes, type PrefixesOptions } from '../../../src/prefix/prefixes.js';
import { nameServer, reply } from '../resolver/_server.js';
import { record } from '../resolver/_upstream.js';

const A = Pref64.parse('2001:db8:a64::/96');
const B = Pref64.parse('2001:db8:b64::/96');

interface Network {
  prefixes?: Pref64[];
}

/** A network that names `network.prefixes`. */
async function world(t: ExecutionContext, network: Network, options: { nat64?: PrefixesOptions['nat64'] } = {}) {
  const server = await nameServer(t, (query) =>
    reply(query, network.prefixes?.map((prefix) => record('ipv4only.arpa', 'AAAA', prefix.embed('192.0.0.170'))) ?? []),
  );
  const prefixes = new Prefixes({
    nat64: 'discover',
    deadlineMs: 5000,
    servers: [server.at],
    isDirect: () => false,
    ...options,
  });
  t.teardown(() => prefixes.stop());
  return { prefixes, server };
}
const texts = (list: readonly Pref64[] | undefined) => list?.map(String);

/** Does something until a condition holds. */
async function until(condition: () => boolean, act: () => unknown = () => {}, everyMs = 100) {
  while (!condition()) {
    act();
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

test('nothing is known, and nothing asked, before a prefix is needed', async (t) => {
  const { prefixes, server } = await world(t, { prefixes: [A] });
  t.deepEqual(
    [prefixes.list(), prefixes.all, prefixes.origin, server.seen.length],
    [undefined, undefined, 'unknown', 0],
  );
  await prefixes.ready();
  t.deepEqual([texts(prefixes.all), prefixes.origin, server.seen.length], [['2001:db8:a64::/96'], 'discovery', 1]);
});

test('who waits is called in the asynchronous context in which it began to wait', async (t) => {
  const { prefixes } = await world(t, { prefixes: [A] });
  const storage = new AsyncLocalStorage<number>();
  const seen: (number | undefined)[] = [];
  for (const store of [1, 2, 3]) {
    storage.run(store, () => prefixes.whenReady(() => seen.push(storage.getStore())));
  }
  await prefixes.ready();
  t.deepEqual(seen, [1, 2, 3]);
});

test('who waits is called once, later, and not at all where he has gone', async (t) => {
  const { prefixes } = await world(t, { prefixes: [A] });
  const called: string[] = [];
  prefixes.whenReady(() => called.push('first'));
  prefixes.whenReady(() => called.push('gone'))();
  t.deepEqual(called, []);
  await prefixes.ready();
  t.deepEqual(called, ['first']);
  prefixes.whenReady(() => called.push('known'));
  prefixes.whenReady(() => called.push('known and gone'))();
  t.deepEqual(called, ['first']);
  await prefixes.ready();
  t.deepEqual(called, ['first', 'known']);
});

test('the network names none: the well-known prefix is assumed; whoever listens hears of each change', async (t) => {
  const network: Network = {};
  const { prefixes } = await world(t, network);
  const changes: string[] = [];
  const stop = prefixes.onChange(() => changes.push(`${prefixes.all} ${prefixes.origin}`));
  await prefixes.ready();
  t.deepEqual(changes, ['64:ff9b::/96 assumed']);
  network.prefixes = [B];
  await until(() => prefixes.origin === 'discovery', prefixes.list);
  t.deepEqual(changes, ['64:ff9b::/96 assumed', '2001:db8:b64::/96 discovery']);
  stop();
});

test('datagrams that have no answer: the network is asked again, and names another prefix', async (t) => {
  const network = { prefixes: [A] };
  const { prefixes, server } = await world(t, network);
  await prefixes.ready();
  const destination = A.embed('203.0.113.5');
  prefixes.sent(destination);
  prefixes.succeeded(destination);
  t.false(prefixes.wantsProof, 'it has worked');
  network.prefixes = [B];
  await until(
    () => String(prefixes.all) === String(B),
    () => prefixes.sent(destination),
    300,
  );
  t.is(server.seen.length, 2);
  t.true(prefixes.wantsProof, 'nothing has worked under the new one');
});

test('a connect that is given up counts where it had a second', async (t) => {
  const { prefixes } = await world(t, { prefixes: [A] });
  await prefixes.ready();
  const destination = A.embed('203.0.113.5');
  prefixes.succeeded(destination);
  prefixes.abandoned(destination, 250);
  t.false(prefixes.wantsProof, 'an attempt of Happy Eyeballs');
  prefixes.abandoned(destination, 1000);
  t.true(prefixes.wantsProof);
});

test('several prefixes of the policy: what failed for a destination stands last for it, and none is replaced', async (t) => {
  const { prefixes, server } = await world(t, { prefixes: [B] }, { nat64: [A, B] });
  let changes = 0;
  prefixes.onChange(() => changes++);
  const [one, other] = [0xcb007105, 0xc6336405];
  prefixes.failed(A.embed('203.0.113.5'));
  t.deepEqual(texts(prefixes.list(one)), texts([B, A]));
  t.deepEqual(texts(prefixes.list(other)), texts([A, B]));
  t.is(changes, 1, 'what was decided must be decided again');
  prefixes.failed(A.embed('198.51.100.5'));
  t.deepEqual(texts(prefixes.list(0xc0000205)), texts([B, A]));
  t.deepEqual(texts(prefixes.all), texts([A, B]));
  prefixes.failed('2001:db8:6::1');
  t.deepEqual([prefixes.origin, server.seen.length], ['policy', 0]);
});
