import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { Failure } from '../support/errors.js';
import type { Kind } from '../support/host.js';
import { echoServer, errorOf, HOST4, HOST6, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Happy Eyeballs of Node.js itself: it compares and reports addresses, so it must go on seeing the IPv4 ones.
const check = suite(import.meta.url);

/** The own properties of an error, and its message. */
const shown = (error: Error) => ({ ...error, message: error.message });

const answering =
  (addresses: string[]): net.LookupFunction =>
  (_name, options, done) => {
    const list = addresses.map((address: string) => ({ address, family: net.isIP(address) }));
    setImmediate(() => (options.all ? done(null, list) : done(null, list[0].address, list[0].family)));
  };

const connect = (port: number, addresses: string[], options: Partial<net.TcpNetConnectOpts> = {}) =>
  net.connect({
    port,
    host: 'name.example.org',
    lookup: answering(addresses),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: 250,
    ...options,
  });

check('a dead IPv6 address gives way to the IPv4 one', async () => {
  const { server, port } = await echoServer();
  const socket = connect(port, ['2001:db8:1::77', HOST4]);
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, HOST4);
  assert.deepEqual(socket.autoSelectFamilyAttemptedAddresses, [`2001:db8:1::77:${port}`, `${HOST4}:${port}`]);
  socket.destroy();
  server.close();
});

check('a refused IPv6 address gives way to the IPv4 one', async () => {
  const server = net.createServer();
  const port = await listening(server, 0, HOST4);
  const socket = connect(port, [HOST6, HOST4]);
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, HOST4);
  assert.equal(socket.remoteFamily, 'IPv4');
  socket.destroy();
  server.close();
});

check('the IPv4 address is tried first where it comes first', async () => {
  const { server, port } = await echoServer();
  const socket = connect(port, [HOST4, HOST6]);
  const attempts: unknown[][] = [];
  socket.on('connectionAttempt', (...attempt) => attempts.push(attempt));
  await once(socket, 'connect');
  assert.deepEqual(attempts, [[HOST4, port, 4]]);
  assert.equal(socket.remoteAddress, HOST4);
  socket.destroy();
  server.close();
});

check('when all fail, the aggregate error names each address as the program knows it', async () => {
  const { server, port } = await echoServer();
  await new Promise((resolve) => server.close(resolve));
  const error = await errorOf(connect(port, [HOST6, HOST4]));
  assert.equal(error.name, 'AggregateError');
  assert.equal(error.code, 'ECONNREFUSED');
  assert.deepEqual(
    error.errors?.map(({ message }) => message),
    [`connect ECONNREFUSED ${HOST6}:${port}`, `connect ECONNREFUSED ${HOST4}:${port}`],
  );
});

check('family: 4 leaves the IPv4 addresses only', async () => {
  const { server, port } = await echoServer();
  const socket = net.connect({ port, host: 'name.example.org', family: 4, lookup: answering([HOST4]) });
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, HOST4);
  socket.destroy();
  server.close();
});

check('localAddress of IPv4 goes with the IPv4 address', async () => {
  const { server, port } = await echoServer();
  const socket = connect(port, [HOST4, HOST4], { localAddress: HOST4 });
  await once(socket, 'connect');
  assert.equal(socket.localAddress, HOST4);
  socket.destroy();
  server.close();
});

// What v6only adds to an error belongs to one attempt. It must leave nothing on a socket that a later attempt connects.
const NOT_TRANSLATABLE = '10.0.0.1';
const WITHOUT_IPV4: Kind[] = ['noinet', 'v6', 'lo4'];

check('after an attempt that failed with a cause, the socket is as it was', { on: WITHOUT_IPV4 }, async () => {
  const { server, port } = await echoServer();
  const attempts: Failure[] = [];
  const socket = connect(port, [NOT_TRANSLATABLE, HOST4]);
  socket.on('connectionAttemptFailed', (_address, _port, _family, error) => attempts.push(error as Failure));
  await once(socket, 'connect');
  assert.deepEqual(
    attempts.map(({ cause }) => cause?.code),
    ['V6ONLY_NOT_TRANSLATABLE'],
  );
  assert.deepEqual(
    ['emit', 'destroy'].filter((method) => Object.hasOwn(socket, method)),
    [],
  );
  // Streams call it so.
  socket.destroy(null as unknown as undefined);
  await once(socket, 'close');
  const later = connect(port, [NOT_TRANSLATABLE, HOST4]);
  await once(later, 'connect');
  const error = await errorOf(later.destroy(Object.freeze(new Error('of the program'))) as net.Socket);
  assert.equal(error.cause, undefined);
  server.close();
});

check('a method of the program around those of the socket stays', { on: WITHOUT_IPV4 }, async () => {
  const { server, port } = await echoServer();
  for (const moment of ['before', 'between']) {
    const socket = connect(port, [NOT_TRANSLATABLE, HOST4]);
    const events: (string | symbol)[] = [];
    const wrap = () => {
      const { emit } = socket;
      socket.emit = function (this: net.Socket, event: string | symbol, ...args: unknown[]) {
        events.push(event);
        return Reflect.apply(emit, this, [event, ...args]);
      } as typeof emit;
      return socket.emit;
    };
    let own = moment === 'before' ? wrap() : undefined;
    socket.once('connectionAttemptFailed', () => {
      own ??= wrap();
    });
    await once(socket, 'connect');
    assert.equal(socket.emit, own);
    socket.destroy();
    await once(socket, 'close');
    assert.deepEqual(events.slice(-4), ['connectionAttempt', 'connect', 'ready', 'close']);
  }
  server.close();
});

check('when all fail, each error has the cause of its own attempt', { on: WITHOUT_IPV4 }, async () => {
  const { server, port } = await echoServer();
  await new Promise((resolve) => server.close(resolve));
  const error = await errorOf(connect(port, [NOT_TRANSLATABLE, HOST4, '192.168.0.1']));
  const causes = error.errors?.map(({ cause }) => /\d[\d.]+\d/.exec(cause?.message ?? '')?.[0]);
  assert.deepEqual(causes, [NOT_TRANSLATABLE, undefined, '192.168.0.1']);
});

check('an address whose IPv6 form is blocked gives way to another', { on: WITHOUT_IPV4, node: 22 }, async () => {
  const { server, port } = await echoServer();
  const blockList = new net.BlockList();
  blockList.addAddress('64:ff9b::c000:209', 'ipv6');
  const attempts: Error[] = [];
  const socket = connect(port, ['192.0.2.9', HOST4], { blockList });
  socket.on('connectionAttemptFailed', (_address, _port, _family, error) => attempts.push(error));
  await once(socket, 'connect');
  assert.deepEqual(attempts.map(shown), [
    { code: 'ERR_IP_BLOCKED', message: 'IP(192.0.2.9) is blocked by net.BlockList' },
  ]);
  const error = await errorOf(socket.destroy(new Error('of the program')) as net.Socket);
  assert.equal(error.message, 'of the program');
  server.close();
});
