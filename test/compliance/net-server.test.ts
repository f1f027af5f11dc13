import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { MORE_KINDS } from '../support/host.js';
import { echoServer, errorOf, exchange, HOST4, HOST6, listening, PEER6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url, { on: MORE_KINDS });

async function accepted(server: net.Server, options: net.NetConnectOpts) {
  const client = net.connect(options);
  const [[socket]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  const view = {
    remoteAddress: socket.remoteAddress,
    remoteFamily: socket.remoteFamily,
    localAddress: socket.localAddress,
    localFamily: socket.localFamily,
  };
  client.destroy();
  socket.destroy();
  return view;
}

check('a server on 0.0.0.0 says so', async () => {
  const server = net.createServer();
  const port = await listening(server, 0, '0.0.0.0');
  assert.deepEqual(server.address(), { address: '0.0.0.0', family: 'IPv4', port });
  server.close();
});

check('a server on 0.0.0.0 sees an IPv4 client, and itself, as IPv4', async () => {
  const server = net.createServer();
  const port = await listening(server, 0, '0.0.0.0');
  assert.deepEqual(await accepted(server, { port, host: HOST4 }), {
    remoteAddress: HOST4,
    remoteFamily: 'IPv4',
    localAddress: HOST4,
    localFamily: 'IPv4',
  });
  server.close();
});

check('a server on an IPv4 address of the host is reached there', async () => {
  const server = net.createServer();
  const port = await listening(server, 0, HOST4);
  assert.deepEqual(server.address(), { address: HOST4, family: 'IPv4', port });
  assert.equal((await accepted(server, { port, host: HOST4 })).localAddress, HOST4);
  server.close();
});

check('a server on 127.0.0.1 is reached there', async () => {
  const server = net.createServer();
  const port = await listening(server, 0, '127.0.0.1');
  assert.deepEqual(server.address(), { address: '127.0.0.1', family: 'IPv4', port });
  assert.deepEqual(await accepted(server, { port, host: '127.0.0.1' }), {
    remoteAddress: '127.0.0.1',
    remoteFamily: 'IPv4',
    localAddress: '127.0.0.1',
    localFamily: 'IPv4',
  });
  server.close();
});

check('a server on 0.0.0.0 is reached at 127.0.0.1 and localhost', async () => {
  const { server, port } = await echoServer();
  assert.equal(await exchange({ port, host: '127.0.0.1' }), 'ping');
  assert.equal(await exchange({ port, host: 'localhost' }), 'ping');
  server.close();
});

check('a server on :: sees an IPv4 client as ::ffff:…, as on dual stack', async () => {
  const server = net.createServer();
  const port = await listening(server, 0, '::');
  assert.deepEqual(server.address(), { address: '::', family: 'IPv6', port });
  const view = await accepted(server, { port, host: HOST4 });
  assert.equal(view.remoteAddress, `::ffff:${HOST4}`);
  assert.equal(view.remoteFamily, 'IPv6');
  assert.equal(view.localAddress, `::ffff:${HOST4}`);
  server.close();
});

check('a server without a host is reached over both families', async () => {
  const server = net.createServer();
  const port = await listening(server, 0);
  assert.equal((await accepted(server, { port, host: HOST4 })).remoteAddress, `::ffff:${HOST4}`);
  assert.equal((await accepted(server, { port, host: HOST6 })).remoteAddress, HOST6);
  server.close();
});

check('a native IPv6 client of a server on 0.0.0.0 reads as what it is', { on: ['noinet', 'v6', 'lo4'] }, async () => {
  const server = net.createServer();
  const port = await listening(server, 0, '0.0.0.0');
  const view = await accepted(server, { port, host: HOST6, localAddress: PEER6 });
  assert.equal(view.remoteAddress, PEER6);
  assert.equal(view.remoteFamily, 'IPv6');
  server.close();
});

check('a server on 0.0.0.0 is not opened to IPv6 where it was not before', { on: ['dual'] }, async () => {
  const { server, port } = await echoServer();
  assert.equal((await errorOf(net.connect(port, HOST6))).code, 'ECONNREFUSED');
  server.close();
});

check('a port that is taken says EADDRINUSE in IPv4 terms', async () => {
  const { server, port } = await echoServer();
  const second = net.createServer();
  second.listen(port, '0.0.0.0');
  const error = await errorOf(second);
  assert.equal(error.code, 'EADDRINUSE');
  assert.equal(error.message, `listen EADDRINUSE: address already in use 0.0.0.0:${port}`);
  assert.equal(error.address, '0.0.0.0');
  assert.equal(error.port, port);
  server.close();
});

check('an address that is not the host’s says EADDRNOTAVAIL in IPv4 terms', async () => {
  const server = net.createServer();
  server.listen(4321, '198.51.100.77');
  const error = await errorOf(server);
  assert.equal(error.code, 'EADDRNOTAVAIL');
  assert.equal(error.message, 'listen EADDRNOTAVAIL: address not available 198.51.100.77:4321');
  assert.equal(error.syscall, 'listen');
  assert.equal(error.address, '198.51.100.77');
  assert.equal(error.port, 4321);
});

check('a port is free again after close', async () => {
  const first = await echoServer();
  await new Promise((resolve) => first.server.close(resolve));
  const second = net.createServer();
  assert.equal(await listening(second, first.port, '0.0.0.0'), first.port);
  second.close();
});

check('getConnections, maxConnections and drop speak of IPv4 clients', async () => {
  const server = net.createServer();
  server.maxConnections = 1;
  const port = await listening(server, 0, '0.0.0.0');
  const first = net.connect(port, HOST4);
  await once(server, 'connection');
  const second = net.connect(port, HOST4).on('error', () => {});
  const [dropped] = await once(server, 'drop');
  assert.equal(dropped.remoteAddress, HOST4);
  assert.equal(dropped.remoteFamily, 'IPv4');
  assert.equal(dropped.localAddress, HOST4);
  first.destroy();
  second.destroy();
  server.close();
});

check('many clients at once are all served', async () => {
  const { server, port } = await echoServer();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => exchange({ port, host: HOST4 }, `client ${i}`)),
  );
  assert.deepEqual(
    answers,
    Array.from({ length: 50 }, (_, i) => `client ${i}`),
  );
  server.close();
});

check('a server on a Unix socket or pipe is none of our business', async () => {
  const server = net.createServer((socket) => socket.end(String(socket.remoteAddress)));
  const path = `/tmp/v6only-${process.pid}-${process.env.V6ONLY_CHECK_HOST}.sock`;
  server.listen(path);
  await once(server, 'listening');
  assert.equal(server.address(), path);
  assert.equal(await exchange({ path }), 'undefined');
  server.close();
});
