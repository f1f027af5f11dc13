import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { constants } from 'node:os';
import type { Kind } from '../support/host.js';
import { ELSEWHERE4, echoServer, errorOf, HOST4, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url);
const WITHOUT_IPV4: Kind[] = ['noinet', 'v6', 'lo4'];

async function closedPort() {
  const { server, port } = await echoServer();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

check('a refused connection reads as it does over IPv4', async () => {
  const port = await closedPort();
  const error = await errorOf(net.connect(port, HOST4));
  assert.equal(error.message, `connect ECONNREFUSED ${HOST4}:${port}`);
  assert.deepEqual(
    { code: error.code, errno: error.errno, syscall: error.syscall, address: error.address, port: error.port },
    { code: 'ECONNREFUSED', errno: -constants.errno.ECONNREFUSED, syscall: 'connect', address: HOST4, port },
  );
});

check('a refused connection to 127.0.0.1 reads so too', async () => {
  const port = await closedPort();
  const error = await errorOf(net.connect(port, '127.0.0.1'));
  assert.equal(error.message, `connect ECONNREFUSED 127.0.0.1:${port}`);
});

check(
  'a private address under 64:ff9b::/96 fails with ENETUNREACH and a cause (RFC 6052 §3.1)',
  { on: WITHOUT_IPV4 },
  async () => {
    for (const address of ['10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', '169.254.169.254']) {
      const error = await errorOf(net.connect(80, address));
      assert.equal(error.code, 'ENETUNREACH');
      assert.equal(error.errno, -constants.errno.ENETUNREACH);
      assert.match(error.message, new RegExp(`^connect ENETUNREACH ${address}:80`));
      assert.equal(error.address, address);
      assert.equal(error.port, 80);
      assert.equal(error.cause?.code, 'V6ONLY_NOT_TRANSLATABLE');
      assert.ok(error.cause.message.includes(address));
      assert.ok(error.cause.hint);
    }
  },
);

check('no error text gives the IPv6 address away', { on: WITHOUT_IPV4 }, async () => {
  const port = await closedPort();
  const errors = [
    await errorOf(net.connect(port, ELSEWHERE4)),
    await errorOf(net.connect({ port, host: HOST4, localAddress: '198.51.100.99' })),
  ];
  for (const error of errors) assert.doesNotMatch(`${error.message} ${error.address}`, /::|ff9b/);
});

check('a localAddress that is not the host’s fails as over IPv4', async () => {
  const { server, port } = await echoServer();
  const error = await errorOf(net.connect({ port, host: HOST4, localAddress: '198.51.100.99' }));
  assert.equal(error.code, 'EADDRNOTAVAIL');
  assert.equal(error.syscall, 'bind');
  assert.equal(error.address, '198.51.100.99');
  server.close();
});

check('a connection that the peer resets says ECONNRESET', async () => {
  const server = net.createServer((socket) => socket.resetAndDestroy());
  const port = await listening(server);
  const socket = net.connect(port, HOST4);
  assert.equal((await errorOf(socket)).code, 'ECONNRESET');
  server.close();
});

for (const [what, options, code] of [
  ['a port out of range', { port: 65_536, host: HOST4 }, 'ERR_SOCKET_BAD_PORT'],
  ['a host that is no string', { port: 80, host: 7 }, 'ERR_INVALID_ARG_TYPE'],
  ['a localAddress that is no address', { port: 80, host: HOST4, localAddress: '1.2.3' }, 'ERR_INVALID_IP_ADDRESS'],
  ['no port at all', { host: HOST4 }, 'ERR_MISSING_ARGS'],
]) {
  check(`${what} throws as in plain Node.js`, () => {
    assert.throws(() => net.connect(options as net.TcpNetConnectOpts).on('error', () => {}), { code });
  });
}

check('an IPv6 address cannot be reached from an IPv4 localAddress', async () => {
  const server = net.createServer();
  const port = await listening(server, 0, '::1');
  const error = await errorOf(net.connect({ port, host: '::1', localAddress: '127.0.0.1' }));
  assert.match(error.code as string, /^(EINVAL|EADDRNOTAVAIL|ENETUNREACH|EAFNOSUPPORT)$/);
  server.close();
});

check('a time-out of the socket fires while it is connected', async () => {
  const { server, port } = await echoServer();
  const socket = net.connect(port, HOST4);
  await once(socket, 'connect');
  socket.setTimeout(20);
  await once(socket, 'timeout');
  socket.destroy();
  server.close();
});

check(
  'an address that nothing leads to: the error names the socket that was to be, as natively',
  { on: ['noinet', 'v6', 'lo4'] },
  async () => {
    const error = await errorOf(net.connect(80, '169.254.1.1'));
    assert.equal(error.message, 'connect ENETUNREACH 169.254.1.1:80 - Local (0.0.0.0:0)');
  },
);

check('what a program adds to Object.prototype is nobody’s address', async () => {
  const { server, port } = await echoServer();
  const before = net.connect(port, HOST4);
  await once(before, 'connect');
  await new Promise(setImmediate);
  const known = server.last?.remoteAddress;
  before.destroy();
  const names = ['peer', 'local', 'view', 'decision', 'step', 'source', 'target'];
  for (const name of names) (Object.prototype as Record<string, unknown>)[name] = '127.0.0.1';
  try {
    const socket = net.connect(port, HOST4);
    await once(socket, 'connect');
    await new Promise(setImmediate);
    assert.equal(socket.remoteAddress, HOST4);
    assert.equal(server.last?.remoteAddress, known);
    socket.destroy();
  } finally {
    for (const name of names) delete (Object.prototype as Record<string, unknown>)[name];
  }
  server.close();
});

check('a method that the program puts around `emit` of a server that fails stays', { on: WITHOUT_IPV4 }, async () => {
  const server = net.createServer();
  const failed = errorOf(server);
  server.listen(0, '198.51.100.77');
  const { emit } = server;
  const events: (string | symbol)[] = [];
  const own = function (this: net.Server, event: string | symbol, ...args: unknown[]) {
    events.push(event);
    return Reflect.apply(emit, this, [event, ...args]);
  } as typeof emit;
  server.emit = own;
  const { code, cause } = await failed;
  assert.deepEqual([code, cause?.code], ['EADDRNOTAVAIL', 'V6ONLY_NO_SUCH_ADDRESS']);
  assert.equal(server.emit, own);
  assert.deepEqual(events, ['error']);
});
