import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { type Kind, MORE_KINDS } from '../support/host.js';
import { bound, echoServer, errorOf, exchange, HOST4, HOST6, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// A network whose resolver is an ordinary one: no DNS64.
const check = suite(import.meta.url, { on: MORE_KINDS, dns: 'plain' });
const WITHOUT_IPV4: Kind[] = ['noinet', 'v6', 'lo4'];

check('a name with only an A record connects', async () => {
  const { server, port } = await echoServer();
  const socket = net.connect(port, 'v4only.example.org');
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, HOST4);
  socket.destroy();
  server.close();
});

check('an alias of such a name connects', async () => {
  const { server, port } = await echoServer();
  assert.equal(await exchange({ port, host: 'alias.example.org' }), 'ping');
  server.close();
});

check('family: 4 connects to a name with only an A record', async () => {
  const { server, port } = await echoServer();
  assert.equal(await exchange({ port, host: 'v4only.example.org', family: 4 }), 'ping');
  server.close();
});

check('a name with both kinds of record connects', async () => {
  const server = net.createServer((socket) => socket.end('here'));
  const port = await listening(server);
  assert.equal(await exchange({ port, host: 'dual.example.org' }), 'here');
  server.close();
});

check('a name whose IPv6 address is dead connects over NAT64', async () => {
  const { server, port } = await echoServer();
  assert.equal(await exchange({ port, host: 'broken6.example.org' }), 'ping');
  server.close();
});

check('a name that does not exist says ENOTFOUND', async () => {
  const error = await errorOf(net.connect(80, 'missing.example.org'));
  assert.equal(error.message, 'getaddrinfo ENOTFOUND missing.example.org');
  assert.equal(error.code, 'ENOTFOUND');
  assert.equal(error.hostname, 'missing.example.org');
});

check(
  'a name whose only address is an IPv4-mapped one has that address, in the form that was asked for',
  { on: WITHOUT_IPV4 },
  async () => {
    const lookup = async (family: number) => Object.values(await dns.promises.lookup('mapped.example.org', { family }));
    assert.deepEqual(await lookup(0), ['10.0.0.1', 4]);
    assert.deepEqual(await lookup(4), ['10.0.0.1', 4]);
    assert.deepEqual(await lookup(6), ['::ffff:10.0.0.1', 6]);
    assert.deepEqual(await dns.promises.resolve4('mapped.example.org'), ['10.0.0.1']);
    assert.deepEqual(await dns.promises.resolve6('mapped.example.org'), ['::ffff:10.0.0.1']);
    const { code, address } = await errorOf(net.connect(9, 'mapped.example.org'));
    assert.deepEqual([code, address], ['ENETUNREACH', '10.0.0.1']);
  },
);

check('a name server that fails is told from a name that does not exist', async () => {
  for (const family of [0, 4, 6])
    await assert.rejects(dns.promises.lookup('failing.example.org', { family }), { code: 'EAI_AGAIN' });
  await assert.rejects(dns.promises.resolve4('failing.example.org'), { code: 'ESERVFAIL' });
  await assert.rejects(dns.promises.resolve6('failing.example.org'), { code: 'ESERVFAIL' });
});

check('dns.lookup: family 4 gives the A record', async () => {
  const { address, family } = await dns.promises.lookup('v4only.example.org', { family: 4 });
  assert.deepEqual({ address, family }, { address: HOST4, family: 4 });
});

check('dns.lookup: family 0 shows A records as IPv4', async () => {
  const { address, family } = await dns.promises.lookup('v4only.example.org');
  assert.deepEqual({ address, family }, { address: HOST4, family: 4 });
  assert.deepEqual(await dns.promises.lookup('v4only.example.org', { all: true }), [{ address: HOST4, family: 4 }]);
});

check('dns.lookup: family 6 gives the native AAAA record', async () => {
  const { address, family } = await dns.promises.lookup('dual.example.org', { family: 6 });
  assert.deepEqual({ address, family }, { address: HOST6, family: 6 });
});

check('dns.lookup: all gives both', async () => {
  const list = await dns.promises.lookup('dual.example.org', { all: true, order: 'verbatim' });
  assert.deepEqual(new Set(list.map(({ address }) => address)), new Set([HOST4, HOST6]));
});

check('dns.lookup: the callback form, and the form with a number', async () => {
  const answer = await new Promise((resolve) =>
    dns.lookup('v4only.example.org', 4, (error, address, family) => resolve([error, address, family])),
  );
  assert.deepEqual(answer, [null, HOST4, 4]);
});

check('dns.lookup: literals and empty names are answered as ever', async () => {
  assert.deepEqual(await dns.promises.lookup('192.0.2.1'), { address: '192.0.2.1', family: 4 });
  assert.deepEqual(await dns.promises.lookup('2001:db8::1'), { address: '2001:db8::1', family: 6 });
  await assert.rejects(dns.promises.lookup('missing.example.org'), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname: 'missing.example.org',
  });
});

check('dns.lookup: wrong arguments throw as in plain Node.js', () => {
  assert.throws(() => dns.lookup('example.org', { family: 7 }, () => {}), { code: 'ERR_INVALID_ARG_VALUE' });
  assert.throws(() => Reflect.apply(dns.lookup, dns, ['example.org', {}]), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(() => Reflect.apply(dns.lookup, dns, [7, () => {}]), { code: 'ERR_INVALID_ARG_TYPE' });
});

check(
  'dns.lookup: a function as options is the callback, and to dns.promises.lookup what it is to Node.js',
  async () => {
    const thrown = (name: string) => {
      try {
        void Reflect.apply(dns.promises.lookup, dns.promises, [name, () => assert.fail('options are not called')]);
        return undefined;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    // Node.js answers a literal itself.
    assert.equal(thrown('v4only.example.org'), thrown('127.0.0.1'));
    const answers: unknown[] = [];
    dns.lookup('v4only.example.org', (_, address) => answers.push(address));
    await dns.promises.lookup('v4only.example.org');
    while (answers.length === 0) await new Promise(setImmediate);
    assert.deepEqual(answers, ['203.0.113.7']);
  },
);

check('a datagram to a name with only an A record arrives', async () => {
  const receiver = dgram.createSocket('udp4');
  const port = await bound(receiver, 0, HOST4);
  const sender = dgram.createSocket('udp4');
  sender.send('by name', port, 'v4only.example.org');
  const [message, rinfo] = await once(receiver, 'message');
  assert.equal(message.toString(), 'by name');
  assert.equal(rinfo.address, HOST4);
  receiver.close();
  sender.close();
});

check('http by a name with only an A record', async () => {
  const server = http.createServer((request, response) => response.end(request.headers.host));
  const port = await listening(server);
  const response = await fetch(`http://v4only.example.org:${port}/`, { headers: { connection: 'close' } });
  assert.equal(await response.text(), `v4only.example.org:${port}`);
  server.close();
});

check('a name of a private address fails with a cause', { on: WITHOUT_IPV4 }, async () => {
  const error = await errorOf(net.connect(80, 'private.example.org'));
  assert.equal(error.code, 'ENETUNREACH');
  assert.equal(error.address, '10.0.0.1');
  assert.equal(error.cause?.code, 'V6ONLY_NOT_TRANSLATABLE');
});

check('a server told to listen on a name with only an A record listens there', async () => {
  const server = net.createServer();
  const port = await listening(server, 0, 'v4only.example.org');
  assert.deepEqual(server.address(), { address: HOST4, family: 'IPv4', port });
  server.close();
});

/** Runs `body`; the exceptions that nobody caught meanwhile are its result. */
async function uncaught(body: () => Promise<unknown>): Promise<string[]> {
  const others = process.listeners('uncaughtException');
  const messages: string[] = [];
  process.removeAllListeners('uncaughtException').on('uncaughtException', ({ message }) => void messages.push(message));
  await body();
  process.removeAllListeners('uncaughtException');
  for (const other of others) process.on('uncaughtException', other);
  return messages.sort();
}

check('each callback of a resolver runs by itself, in the asynchronous context of its own call', async () => {
  const storage = new AsyncLocalStorage<string>();
  const methods = ['resolve4', 'resolve6', 'resolve4', 'resolve6'] as const;
  // A name with IPv6 addresses only, and one with IPv4 addresses only: each answer completes the other.
  const names = ['v6only.example.org', 'v4only.example.org'];
  const calls = names.flatMap((name) => methods.map((method, i) => ({ name, method, call: `${name} ${method} ${i}` })));
  const inContext: string[] = [];
  const messages = await uncaught(() =>
    Promise.all(
      calls.map(({ name, method, call }) =>
        storage.run(
          call,
          () =>
            new Promise<void>((resolve) =>
              dns[method](name, () => {
                inContext.push(String(storage.getStore()));
                setImmediate(resolve);
                throw new Error(call);
              }),
            ),
        ),
      ),
    ),
  );
  const expected = calls.map(({ call }) => call).sort();
  assert.deepEqual(inContext.sort(), expected);
  assert.deepEqual(messages, expected);
});
