import assert from 'node:assert/strict';
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import diagnosticsChannel from 'node:diagnostics_channel';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { asyncIdOf, handleOf } from '../support/internals.js';
import { errorOf, HOST4, HOST4_EMBEDDED, listening, tlsIdentity } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Two NAT64 prefixes, the first of which leads into silence. To the program it is one connect.
const SILENT = '2001:db8:64::/96';
const check = suite(import.meta.url, {
  on: ['noinet', 'v6', 'lo4'],
  env: { V6ONLY_NAT64: `${SILENT},64:ff9b::/96` },
});

// The router of host.sh is not there: with a hardware address of its own it is silent, instead of unreachable after a while.
if (process.env.V6ONLY_CHECK_HOST !== undefined) {
  const router = ['2001:db8:1::1', 'lladdr', '02:00:00:00:00:01', 'dev', 'eth0', 'nud', 'permanent'];
  execFileSync('ip', ['-6', 'neigh', 'replace', ...router]);
}

/** A server that counts its connections and says what it was told. */
async function counting() {
  const heard: { bytes: string }[] = [];
  const server = net.createServer((socket) => {
    const connection = { bytes: '' };
    heard.push(connection);
    socket.setEncoding('utf8').on('data', (text) => {
      connection.bytes += text;
      socket.end(`you said ${text}`);
    });
    socket.on('error', () => {});
  });
  return { server, heard, port: await listening(server) };
}

check('what the program has ended before the connect is ended on the way that works', async () => {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    socket.on('end', () => socket.end(`all of ${text}`)).on('error', () => {});
  });
  const port = await listening(server);
  const socket = net.connect(port, HOST4).setEncoding('utf8');
  socket.end('request');
  await once(socket, 'connect');
  assert.deepEqual([socket.writableEnded, socket.readyState], [true, 'readOnly']);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  assert.equal(answer, 'all of request');
  server.close();
});

for (const from of [{ localAddress: '0.0.0.0' }, { localPort: 4777 }]) {
  check(`the second way takes over from ${JSON.stringify(from)} too`, async () => {
    const { server, port } = await counting();
    const socket = net.connect({ port, host: HOST4, ...from });
    await once(socket, 'connect');
    assert.deepEqual([socket.localAddress, socket.remoteAddress], [HOST4, HOST4]);
    if (from.localPort) assert.equal(socket.localPort, from.localPort);
    socket.destroy();
    server.close();
  });
}

for (const autoSelectFamily of [true, false]) {
  check(`the second way takes over where the first is silent, autoSelectFamily ${autoSelectFamily}`, async () => {
    const { server, heard, port } = await counting();
    const socket = net.connect({ port, host: HOST4, autoSelectFamily }).setEncoding('utf8');
    socket.write('early');
    const [text] = await once(socket, 'data');
    assert.equal(text, 'you said early');
    assert.equal(socket.remoteAddress, HOST4);
    assert.equal(socket.remoteFamily, 'IPv4');
    assert.deepEqual(
      heard.filter(({ bytes }) => bytes !== ''),
      [{ bytes: 'early' }],
    );
    socket.destroy();
    server.close();
  });

  check(`and so within several addresses of a name, autoSelectFamily ${autoSelectFamily}`, async () => {
    const { server, port } = await counting();
    const lookup: net.LookupFunction = (_name, options, done) =>
      options.all ? done(null, [{ address: HOST4, family: 4 }]) : done(null, HOST4, 4);
    const socket = net.connect({ port, host: 'some.example.org', lookup, autoSelectFamily }).setEncoding('utf8');
    socket.write('by name');
    assert.deepEqual(await once(socket, 'data'), ['you said by name']);
    socket.destroy();
    server.close();
  });
}

check('TLS: one handshake, on the way that won', async () => {
  let handshakes = 0;
  const server = tls.createServer(tlsIdentity, (socket) => {
    handshakes++;
    socket.on('error', () => {}).end(`hello ${socket.servername}`);
  });
  const port = await listening(server);
  const socket = tls.connect({ port, host: HOST4, servername: 'some.example.org', rejectUnauthorized: false });
  const [text] = await once(socket.setEncoding('utf8'), 'data');
  assert.equal(text, 'hello some.example.org');
  assert.equal(handshakes, 1);
  socket.destroy();
  server.close();
});

check('setNoDelay, setKeepAlive, setTimeout and the async context are those of one connect', async () => {
  const { server, port } = await counting();
  const context = new AsyncLocalStorage();
  const socket = context.run('asked here', () => net.connect({ port, host: HOST4, noDelay: true, keepAlive: true }));
  socket.setTimeout(5000, () => assert.fail('timed out'));
  const store = await new Promise((resolve) => {
    context.run('asked here', () => socket.on('connect', () => resolve(context.getStore())));
  });
  assert.equal(store, 'asked here');
  socket.destroy();
  server.close();
});

check('a refused connection is refused once, over IPv4, and the cause lists the ways', async () => {
  const { server, port } = await counting();
  server.close();
  await once(server, 'close');
  const error = await errorOf(net.connect(port, HOST4));
  assert.equal(error.message, `connect ECONNREFUSED ${HOST4}:${port}`);
  assert.equal(error.address, HOST4);
  const ways = `as \\[2001:db8:64::cb00:7107\\]:${port} \\([^)]*; no answer\\), then as \\[64:ff9b::cb00:7107\\]:${port} \\([^)]*; ECONNREFUSED\\)`;
  assert.match(String(error.cause?.message), new RegExp(`^${HOST4}:${port} was tried ${ways}`));
});

check('a socket that is destroyed meanwhile says nothing and leaves nothing behind', async () => {
  const { server, heard, port } = await counting();
  const socket = net.connect(port, HOST4);
  socket.on('connect', () => assert.fail('connected'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.destroy();
  await once(socket, 'close');
  const controller = new AbortController();
  const aborted = net.connect({ port, host: HOST4, signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  assert.equal((await errorOf(aborted)).name, 'AbortError');
  assert.equal(heard.length, 0);
  server.close();
});

check('each attempt is published', async () => {
  const { server, port } = await counting();
  const attempts: unknown[] = [];
  const note = (event: unknown) => attempts.push((event as { decision: { address: string } }).decision.address);
  diagnosticsChannel.subscribe('v6only:connect', note);
  const socket = net.connect(port, HOST4);
  await once(socket, 'connect');
  diagnosticsChannel.unsubscribe('v6only:connect', note);
  assert.deepEqual(attempts, ['2001:db8:64::cb00:7107', HOST4_EMBEDDED]);
  socket.destroy();
  server.close();
});

check('the socket keeps its async id', async () => {
  const { server, port } = await counting();
  const destroyed = new Set();
  const hook = createHook({ destroy: (id) => destroyed.add(id) }).enable();
  const socket = net.connect(port, HOST4);
  const before = asyncIdOf(socket);
  await once(socket, 'connect');
  assert.equal(asyncIdOf(socket), before);
  hook.disable();
  socket.destroy();
  server.close();
});

check('an unreferenced socket does not keep the process, before and after', async () => {
  const { server, port } = await counting();
  const socket = net.connect(port, HOST4).unref();
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, HOST4);
  assert.equal(handleOf(socket).hasRef(), false);
  socket.destroy();
  server.close();
});
