import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { echoServer, errorOf, HOST4, HOST6, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Happy Eyeballs of Node.js itself: it compares and reports addresses, so it must go on seeing the IPv4 ones.
const check = suite(import.meta.url);

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
