import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { Kind } from '../support/host.js';
import { handleOf } from '../support/internals.js';
import { addressOf, bound, echoServer, errorOf, exchange, HOST4, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// What Node.js can do with sockets beyond connect and listen. Handles that travel: handles.test.js; children and threads:
// children.test.js; cluster: cluster.test.js.
const check = suite(import.meta.url);

const WITHOUT_IPV4: Kind[] = ['noinet', 'v6', 'lo4'];

for (const [title, args] of [
  ['listen()', []],
  ['listen(0)', [0]],
  ['listen(0, backlog)', [0, undefined, 5]],
  ['listen(0, host)', [0, '0.0.0.0']],
  ['listen(0, host, backlog)', [0, '127.0.0.1', 5]],
  ['listen({ port, host })', [{ port: 0, host: HOST4 }]],
  ['listen({ port, host, exclusive })', [{ port: 0, host: '0.0.0.0', exclusive: true }]],
  ['listen({ port: "0" })', [{ port: '0', host: '0.0.0.0' }]],
  ['listen(null)', [null]],
  ['listen(name)', [0, 'localhost']],
]) {
  check(`${title} is reached`, async () => {
    const server = net.createServer((socket) => socket.end('here'));
    Reflect.apply(server.listen, server, args);
    await once(server, 'listening');
    const { address, port } = addressOf(server);
    const host = net.isIPv4(address) && address !== '0.0.0.0' ? address : address === '::1' ? '::1' : '127.0.0.1';
    assert.equal(await exchange({ port, host }), 'here');
    server.close();
  });
}

check('listen(handle) and listen(server): handles that are there already', async () => {
  const first = net.createServer();
  const port = await listening(first, 0, HOST4);
  const second = net.createServer((socket) => socket.end('second'));
  second.listen(handleOf(first));
  await once(second, 'listening');
  assert.deepEqual(second.address(), { address: HOST4, family: 'IPv4', port });
  assert.equal(await exchange({ port, host: HOST4 }), 'second');
  second.close();
});

check('AbortSignal: a server, a client and a datagram socket', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const server = net.createServer();
  server.listen({ port: 0, host: HOST4, signal });
  await once(server, 'listening');
  const { port } = addressOf(server);
  const socket = dgram.createSocket({ type: 'udp4', signal });
  await bound(socket, 0, HOST4);
  const client = net.connect({ port, host: HOST4, signal });
  await once(client, 'connect');
  const ends = Promise.all([once(server, 'close'), once(socket, 'close'), errorOf(client)]);
  server.on('connection', (peer) => peer.on('error', () => {}));
  controller.abort();
  // The server closes once its connections have.
  const [, , error] = await ends;
  assert.equal(error.name, 'AbortError');
});

check('allowHalfOpen on both ends', async () => {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.resume().on('end', () => setTimeout(() => socket.end('after the end'), 20));
  });
  const port = await listening(server, 0, HOST4);
  const client = net.connect({ port, host: HOST4, allowHalfOpen: true }).setEncoding('utf8');
  client.end('all');
  assert.equal(String(await once(client, 'data')), 'after the end');
  server.close();
});

check('pauseOnConnect, keepAlive and noDelay of a server', async () => {
  const server = net.createServer({ pauseOnConnect: true, keepAlive: true, noDelay: true }, (socket) => {
    assert.ok(socket.isPaused());
    assert.equal(socket.remoteAddress, HOST4);
    socket.pipe(socket);
    socket.resume();
  });
  const port = await listening(server, 0, HOST4);
  assert.equal(await exchange({ port, host: HOST4 }), 'ping');
  server.close();
});

check('resetAndDestroy resets', async () => {
  const server = net.createServer();
  const port = await listening(server, 0, HOST4);
  const client = net.connect(port, HOST4);
  const [peer] = await once(server, 'connection');
  const failed = errorOf(peer.resume());
  client.on('error', () => {}).resetAndDestroy();
  assert.equal((await failed).code, 'ECONNRESET');
  server.close();
});

check('an Agent keeps connections to an IPv4 address alive, under its name', async () => {
  const ports = new Set();
  const server = http.createServer((request, response) => {
    ports.add(request.socket.remotePort);
    response.end(request.socket.remoteAddress);
  });
  const port = await listening(server, 0, HOST4);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 3; i++) {
    const [response] = await once(http.get({ port, host: HOST4, agent }), 'response');
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    assert.equal(text, HOST4);
    await new Promise(setImmediate);
  }
  assert.equal(ports.size, 1);
  assert.deepEqual(Object.keys(agent.freeSockets), [`${HOST4}:${port}:`]);
  agent.destroy();
  server.close();
});

check('NODE_USE_ENV_PROXY: the proxy is an IPv4 literal', { node: 24 }, async () => {
  const proxy = http.createServer((request, response) =>
    response.end(`${request.url} proxied for ${request.socket.remoteAddress}`),
  );
  const port = await listening(proxy, 0, HOST4);
  const child = spawn(
    process.execPath,
    [
      '-e',
      `require('http').get('http://192.0.2.45/', (response) => response.on('data', (data) => console.log(String(data))))`,
    ],
    {
      env: { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: `http://${HOST4}:${port}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  assert.equal(String(await once(child.stdout, 'data')), `http://192.0.2.45/ proxied for ${HOST4}\n`);
  child.kill();
  proxy.close();
  proxy.closeAllConnections();
});

check(
  'a child with an environment of its own has no hook unless it is given NODE_OPTIONS',
  { on: WITHOUT_IPV4 },
  async () => {
    const { server, port } = await echoServer();
    const source = `require('net').connect(${port}, '${HOST4}').on('connect', () => process.exit(7)).on('error', () => process.exit(8))`;
    const end = async (options: object) => (await once(spawn(process.execPath, ['-e', source], options), 'exit'))[0];
    assert.equal(await end({ env: {} }), 8);
    const { NODE_OPTIONS, V6ONLY_NAT64 } = process.env;
    assert.equal(await end({ env: { NODE_OPTIONS, V6ONLY_NAT64 } }), 7);
    server.close();
  },
);

check('net.BoundSocket binds an IPv4 address, and a server or a client goes on with it', { node: 24 }, async () => {
  if (net.BoundSocket === undefined) return;
  const boundSocket = new net.BoundSocket({ host: HOST4, port: 0 });
  const { port, address, family } = boundSocket.address();
  assert.deepEqual([address, family], [HOST4, 'IPv4']);
  const server = net.createServer((socket) => socket.end(String(socket.remoteAddress)));
  server.listen(boundSocket);
  await once(server, 'listening');
  assert.deepEqual(server.address(), { address: HOST4, family: 'IPv4', port });
  assert.equal(await exchange({ port, host: HOST4 }), HOST4);
  server.close();
});

check('dgram bindSync and connectSync', { node: 26 }, async () => {
  const socket = dgram.createSocket('udp4');
  if (socket.bindSync === undefined) return;
  socket.bindSync({ port: 0, address: HOST4 });
  const { address, port } = socket.address();
  assert.equal(address, HOST4);
  const client = dgram.createSocket('udp4');
  client.connectSync(port, HOST4);
  assert.deepEqual(client.remoteAddress(), { address: HOST4, family: 'IPv4', port });
  client.send('sync');
  const [message, rinfo] = await once(socket, 'message');
  assert.equal(String(message), 'sync');
  assert.equal(rinfo.address, HOST4);
  socket.close();
  client.close();
});
