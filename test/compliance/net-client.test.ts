import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { type Kind, MORE_KINDS } from '../support/host.js';
import { ELSEWHERE4, echoServer, exchange, HOST4, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url, { on: MORE_KINDS });
const WITHOUT_IPV4: Kind[] = ['noinet', 'v6', 'lo4'];

check('a client by literal sees IPv4 on both ends', async () => {
  const { server, port } = await echoServer();
  const socket = net.connect(port, HOST4);
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, HOST4);
  assert.equal(socket.remoteFamily, 'IPv4');
  assert.equal(socket.remotePort, port);
  assert.ok(net.isIPv4(socket.localAddress as string), socket.localAddress);
  assert.equal(socket.localFamily, 'IPv4');
  assert.deepEqual(socket.address(), {
    address: socket.localAddress,
    family: 'IPv4',
    port: socket.localPort,
  });
  socket.destroy();
  server.close();
});

check('both ends agree on who the other is', async () => {
  const { server, port } = await echoServer();
  const socket = net.connect(port, HOST4);
  await once(socket, 'connect');
  while (!server.last) await once(server, 'connection');
  assert.equal(server.last.remotePort, socket.localPort);
  assert.equal(server.last.remoteAddress, socket.localAddress);
  assert.equal(server.last.localAddress, socket.remoteAddress);
  assert.equal(server.last.localPort, socket.remotePort);
  socket.destroy();
  server.close();
});

for (const [form, connect] of [
  ['(port, host)', (port: number) => net.connect(port, HOST4)],
  ['({ port, host })', (port: number) => net.connect({ port, host: HOST4 })],
  ['({ port, host, family: 4 })', (port: number) => net.connect({ port, host: HOST4, family: 4 })],
  ["('port', host)", (port: number) => net.connect(String(port) as unknown as number, HOST4)],
] as const) {
  check(`net.connect${form} connects`, async () => {
    const { server, port } = await echoServer();
    const socket = connect(port);
    await once(socket, 'connect');
    assert.equal(socket.remoteAddress, HOST4);
    socket.destroy();
    server.close();
  });
}

check('the options that the program passes are not changed', async () => {
  const { server, port } = await echoServer();
  const options = Object.freeze({ port, host: HOST4, noDelay: true, keepAlive: true });
  assert.equal(await exchange(options), 'ping');
  assert.equal(options.host, HOST4);
  server.close();
});

check('a megabyte goes through and comes back', async () => {
  const { server, port } = await echoServer();
  const data = randomBytes(1 << 20);
  const socket = net.connect(port, HOST4);
  socket.end(data);
  const hash = createHash('sha256');
  for await (const chunk of socket) hash.update(chunk);
  assert.equal(hash.digest('hex'), createHash('sha256').update(data).digest('hex'));
  server.close();
});

check('writes before the connection is there arrive in order', async () => {
  const { server, port } = await echoServer();
  const socket = net.connect(port, HOST4).setEncoding('utf8');
  for (const part of ['a', 'b', 'c']) socket.write(part);
  socket.end('d');
  let back = '';
  for await (const chunk of socket) back += chunk;
  assert.equal(back, 'abcd');
  server.close();
});

check('a lookup of its own may answer with an IPv4 address', async () => {
  const { server, port } = await echoServer();
  const socket = net.connect({
    port,
    host: 'name.example.org',
    lookup: (_, __, done) => done(null, [{ address: HOST4, family: 4 }]),
  });
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, HOST4);
  socket.destroy();
  server.close();
});

check('every IPv4 address of the Internet is reached, not only one', { on: WITHOUT_IPV4 }, async () => {
  const { server, port } = await echoServer();
  for (const host of [ELSEWHERE4, '198.51.100.99', '1.2.3.4', '192.31.196.10', '240.0.0.1']) {
    assert.equal(await exchange({ port, host }, host), host);
  }
  server.close();
});

check('localAddress and localPort bind the client', async () => {
  const { server, port } = await echoServer();
  const probe = net.createServer();
  const localPort = await listening(probe);
  await new Promise((resolve) => probe.close(resolve));
  const socket = net.connect({ port, host: HOST4, localAddress: HOST4, localPort });
  await once(socket, 'connect');
  assert.equal(socket.localAddress, HOST4);
  assert.equal(socket.localPort, localPort);
  socket.destroy();
  server.close();
});

check('localAddress 0.0.0.0 binds nothing in particular', async () => {
  const { server, port } = await echoServer();
  assert.equal(await exchange({ port, host: HOST4, localAddress: '0.0.0.0' }), 'ping');
  server.close();
});

check('a socket can be reset, and be connected again', async () => {
  const { server, port } = await echoServer();
  const socket = new net.Socket();
  for (let i = 0; i < 2; i++) {
    socket.connect(port, HOST4);
    await once(socket, 'connect');
    assert.equal(socket.remoteAddress, HOST4);
    socket.destroy();
    await once(socket, 'close');
  }
  server.close();
});

check('an address that is gone is undefined, as ever', async () => {
  const { server, port } = await echoServer();
  const socket = net.connect(port, HOST4);
  await once(socket, 'connect');
  socket.destroy();
  await once(socket, 'close');
  assert.equal(socket.localAddress, undefined);
  assert.deepEqual(socket.address(), {});
  server.close();
});

check('a native IPv6 connection is as it was', async () => {
  const server = net.createServer((socket) => socket.pipe(socket));
  const port = await listening(server, 0, '::1');
  const socket = net.connect(port, '::1');
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, '::1');
  assert.equal(socket.remoteFamily, 'IPv6');
  assert.equal(socket.localAddress, '::1');
  socket.destroy();
  server.close();
});

check('an abort signal ends a connection attempt', async () => {
  const { server, port } = await echoServer();
  const abort = new AbortController();
  const socket = net.connect({ port, host: HOST4, signal: abort.signal });
  abort.abort();
  const [error] = await once(socket, 'error');
  assert.equal(error.name, 'AbortError');
  server.close();
});

check('the options of a connect are read as often as natively', async () => {
  const { server, port } = await echoServer();
  let reads = 0;
  const socket = net.connect({
    port,
    get host() {
      reads++;
      return HOST4;
    },
  });
  await once(socket, 'connect');
  assert.equal(reads, 2);
  socket.destroy();
  server.close();
});
