import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { addressOf, errorOf, exchange, HOST4, HOST6, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Two listeners on one port in one process. Every expectation here is what Linux does on a dual-stack host.
const check = suite(import.meta.url);

interface Where {
  readonly host: string;
  readonly ipv6Only?: boolean;
}

const any4: Where = { host: '0.0.0.0' };
const any6: Where = { host: '::', ipv6Only: true };
const both: Where = { host: '::' };
const local4: Where = { host: '127.0.0.1' };
const local6: Where = { host: '::1' };
const name = ({ host, ipv6Only }: Where) => (ipv6Only ? `${host} ipv6Only` : host);

/** A server that tells its client which one it is and whom it sees. */
function speaker(label: string) {
  return net.createServer((socket) => {
    socket.on('error', () => {}).resume();
    socket.end(`${label} ${socket.remoteFamily} ${socket.remoteAddress} ${socket.localAddress}`);
  });
}

const close = (server: net.Server) => new Promise((resolve) => server.close(resolve));
/** What a client hears at an address, or the code of its error. */
const heard = (host: string, port: number) => exchange({ host, port }).catch((error) => error.code);

async function pair(first: Where, second: Where) {
  const one = speaker('first');
  const two = speaker('second');
  const port = await listening(one, { port: 0, ...first });
  assert.equal(await listening(two, { port, ...second }), port);
  return { one, two, port };
}

const SEPARATE = [
  [any4, any6],
  [local4, local6],
  [any4, local6],
  [local4, any6],
  [{ host: HOST4 }, { host: HOST6 }],
  [any4, { host: HOST6 }],
];

for (const [four, six] of SEPARATE) {
  for (const [first, second] of [
    [four, six],
    [six, four],
  ]) {
    check(`${name(first)} and then ${name(second)}: each hears its own family`, async () => {
      const { one, two, port } = await pair(first, second);
      const is = (family: number) => ((family === 4) === (first === four) ? 'first' : 'second');
      assert.equal(addressOf(one).address, first.host);
      assert.equal(addressOf(two).address, second.host);
      assert.equal(addressOf(one).family, first === four ? 'IPv4' : 'IPv6');
      const target4 = four.host === HOST4 ? HOST4 : '127.0.0.1';
      const target6 = six.host === HOST6 ? HOST6 : '::1';
      for (let i = 0; i < 3; i++) {
        assert.equal(await heard(target4, port), `${is(4)} IPv4 ${target4} ${target4}`);
        assert.equal(await heard(target6, port), `${is(6)} IPv6 ${target6} ${target6}`);
      }
      await Promise.all([close(one), close(two)]);
    });

    for (const goes of ['first', 'second']) {
      check(`${name(first)} and then ${name(second)}: the ${goes} closes, the other goes on`, async () => {
        const { one, two, port } = await pair(first, second);
        const [gone, stays, goneAt, staysAt] = goes === 'first' ? [one, two, first, second] : [two, one, second, first];
        await close(gone);
        const target = (at: Where) =>
          at === four ? (four.host === HOST4 ? HOST4 : '127.0.0.1') : six.host === HOST6 ? HOST6 : '::1';
        assert.match(await heard(target(staysAt), port), goes === 'first' ? /^second / : /^first /);
        // 0.0.0.0 is reached over IPv6 where there is no IPv4, but for the loopback.
        const opened = staysAt === any4 && goneAt.host === HOST6 && process.env.V6ONLY_CHECK_HOST !== 'dual';
        assert.match(await heard(target(goneAt), port), opened ? /192\.0\.0\.1$/ : /^(ECONNREFUSED|ECONNRESET)$/);
        // The one that has closed may open again.
        const again = speaker('again');
        await listening(again, { port, ...goneAt });
        assert.match(await heard(target(goneAt), port), /^again /);
        assert.match(await heard(target(staysAt), port), /^(first|second) /);
        await Promise.all([close(again), close(stays)]);
        // Nothing is left.
        assert.equal(await heard(target(staysAt), port), 'ECONNREFUSED');
      });
    }
  }
}

for (const [first, second] of [
  [any4, both],
  [both, any4],
  [local4, both],
  [both, local4],
  [any4, any4],
  [any4, local4],
  [local4, any4],
  [local6, any6],
  [any6, both],
  [local4, local4],
  [local6, local6],
]) {
  check(`${name(first)} and then ${name(second)}: EADDRINUSE`, async () => {
    const one = speaker('first');
    const port = await listening(one, { port: 0, ...first });
    const two = speaker('second');
    two.listen({ port, ...second });
    const error = await errorOf(two);
    assert.equal(error.code, 'EADDRINUSE');
    assert.equal(error.syscall, 'listen');
    assert.equal(error.address, second.host);
    assert.equal(error.port, port);
    assert.match(await heard(first === local6 || first === any6 ? '::1' : '127.0.0.1', port), /^first /);
    await close(one);
  });
}

check('a third that collides with one of two says EADDRINUSE', async () => {
  const { one, two, port } = await pair(any4, any6);
  for (const third of [any4, any6, both, local4, local6]) {
    const server = speaker('third');
    server.listen({ port, ...third });
    assert.equal((await errorOf(server)).code, 'EADDRINUSE', name(third));
  }
  await Promise.all([close(one), close(two)]);
});

check('127.0.0.1 and 127.0.0.2 on one port are two listeners', async () => {
  const { one, two, port } = await pair(local4, { host: '127.0.0.2' });
  assert.match(await heard('127.0.0.1', port), /^first IPv4 127\.0\.0\.1 127\.0\.0\.1$/);
  assert.match(await heard('127.0.0.2', port), /^second IPv4 127\.0\.0\.\d 127\.0\.0\.2$/);
  await close(one);
  assert.match(await heard('127.0.0.1', port), /^(ECONNREFUSED|ECONNRESET)$/);
  await close(two);
});

check('a listener of a chosen port shares it with a later one', async () => {
  const four = speaker('four');
  const port = await listening(four, { port: 0, ...any4 });
  const six = http.createServer((request, response) => response.end(request.socket.remoteAddress));
  await listening(six, { port, ...any6 });
  assert.equal(await (await fetch(`http://[::1]:${port}/`, { headers: { connection: 'close' } })).text(), '::1');
  assert.match(await heard('127.0.0.1', port), /^four /);
  await Promise.all([close(four), close(six)]);
});

check('many clients at once reach the right one', async () => {
  const { one, two, port } = await pair(any4, any6);
  const all = Array.from({ length: 40 }, (_, i) => heard(i % 2 ? '127.0.0.1' : '::1', port));
  for (const [i, text] of (await Promise.all(all)).entries())
    assert.match(text, i % 2 ? /^first IPv4/ : /^second IPv6/);
  await Promise.all([close(one), close(two)]);
});

check('each listener of a port runs in its own asynchronous context', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const server = () =>
    net.createServer((socket) => {
      seen.push(storage.getStore());
      socket.resume().end('x');
    });
  const [four, six] = [server(), server()];
  const port = await storage.run('four', () => listening(four, 0, '127.0.0.1'));
  await storage.run('six', () => listening(six, port, '::1'));
  for (const host of ['127.0.0.1', '::1', '127.0.0.1']) await storage.run('client', () => heard(host, port));
  assert.deepEqual(seen, ['four', 'six', 'four']);
  for (const one of [four, six]) await close(one);
});

check('an open connection outlives the listener that it came by', async () => {
  const accepted: net.Socket[] = [];
  const one = net.createServer((socket) => accepted.push(socket));
  const port = await listening(one, { port: 0, ...any4 });
  const two = speaker('second');
  await listening(two, { port, ...any6 });
  const client = net.connect(port, '127.0.0.1').setEncoding('utf8');
  await Promise.all([once(client, 'connect'), once(one, 'connection')]);
  one.close();
  accepted[0].write('still');
  assert.equal(String(await once(client, 'data')), 'still');
  assert.match(await heard('::1', port), /^second /);
  client.destroy();
  await close(two);
});

check('1,000 openings and closings leave no descriptor behind', { timeoutMs: 60_000 }, async () => {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const port = 23_456;
  const cycle = async (i: number) => {
    const [one, two] = [net.createServer(), net.createServer()];
    const [a, b] = i & 1 ? [any4, any6] : [any6, any4];
    one.listen({ port, ...a });
    two.listen({ port, ...b });
    await Promise.all([once(one, 'listening'), once(two, 'listening')]);
    await Promise.all(i & 2 ? [close(one), close(two)] : [close(two), close(one)]);
  };
  for (let i = 0; i < 10; i++) await cycle(i);
  const before = descriptors();
  for (let i = 0; i < 1_000; i++) await cycle(i);
  // Some are closed a turn later.
  for (let i = 0; i < 100 && descriptors() > before; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(descriptors() <= before, `${before} descriptors before, ${descriptors()} after`);
});

check('of two listeners with reusePort both accept connections', { node: 24 }, async () => {
  const accepted = [0, 0];
  const servers = accepted.map((_, i) =>
    net.createServer((socket) => {
      accepted[i]++;
      socket.end();
    }),
  );
  const listen = (server: net.Server, port: number) =>
    once(server.listen({ port, host: '0.0.0.0', reusePort: true } as net.ListenOptions), 'listening');
  await listen(servers[0], 0);
  const { port } = servers[0].address() as net.AddressInfo;
  await listen(servers[1], port);
  for (let i = 0; i < 40; i++) await once(net.connect(port, HOST4).resume(), 'close');
  assert.equal(accepted[0] + accepted[1], 40);
  assert.ok(accepted[0] > 0 && accepted[1] > 0, `${accepted}`);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
});
