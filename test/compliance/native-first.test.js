import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { errorOf, HOST4, listening, PEER6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// `family: 4` by name, on a network without IPv4: native IPv6 where the name has it, else NAT64; to the program both are IPv4.
const check = suite(import.meta.url, { on: ['noinet', 'v6', 'lo4'], dns: 'plain' });

/** A server on each of the two addresses of both6.example.org, on one port, that says which one it is. */
async function servers({ native = true, nat64 = true } = {}) {
  const list = [];
  const serve = async (host, port) => {
    const server = net.createServer((socket) => socket.on('error', () => {}).end(host));
    list.push(server);
    return listening(server, port, host);
  };
  let port = 0;
  if (native) port = await serve(PEER6, port);
  if (nat64) port = await serve(HOST4, port);
  return {
    port,
    close: () => {
      for (const server of list) server.close();
    },
  };
}

async function heard(options) {
  const socket = net.connect({ host: 'both6.example.org', family: 4, ...options }).setEncoding('utf8');
  const [text] = await once(socket, 'data');
  const { remoteAddress, remoteFamily } = socket;
  socket.destroy();
  return { text, remoteAddress, remoteFamily };
}

for (const autoSelectFamily of [undefined, true, false]) {
  const how = `autoSelectFamily ${autoSelectFamily}`;

  check(`native IPv6 comes first, and reads as IPv4 (${how})`, async () => {
    const { port, close } = await servers();
    const { text, remoteAddress, remoteFamily } = await heard({ port, autoSelectFamily });
    assert.equal(text, PEER6);
    assert.match(remoteAddress, /^198\.1[89]\./);
    assert.equal(remoteFamily, 'IPv4');
    close();
  });

  check(`RFC 8305 §5: where native IPv6 refuses, NAT64 is next (${how})`, async () => {
    const { port, close } = await servers({ native: false });
    const { text, remoteAddress } = await heard({ port, autoSelectFamily });
    assert.equal(text, HOST4);
    assert.equal(remoteAddress, HOST4);
    close();
  });

  check(`RFC 8305 §7.2: where native IPv6 is dead, NAT64 connects soon (${how})`, async () => {
    const { port, close } = await servers({ native: false });
    const before = performance.now();
    const { text } = await heard({ port, autoSelectFamily, host: 'broken6.example.org' });
    assert.equal(text, HOST4);
    assert.ok(performance.now() - before < 2000);
    close();
  });

  check(`where nobody listens, the error is an IPv4 one (${how})`, async () => {
    const { port, close } = await servers();
    close();
    const error = await errorOf(net.connect({ port, host: 'both6.example.org', family: 4, autoSelectFamily }));
    assert.equal(error.message, `connect ECONNREFUSED ${HOST4}:${port}`);
    assert.equal(error.address, HOST4);
    assert.equal(error.errors, undefined);
  });
}

check('a name with only one kind of address is reached as ever', async () => {
  const { port, close } = await servers();
  assert.equal((await heard({ port, host: 'v4only.example.org' })).text, HOST4);
  assert.equal((await heard({ port, host: 'peer6.example.org' })).text, PEER6);
  close();
});

check('http, and a name that does not exist', async () => {
  const server = http.createServer((_request, response) => response.end('native'));
  const port = await listening(server, 0, PEER6);
  const request = http.get({ port, host: 'both6.example.org', family: 4, agent: false });
  const [response] = await once(request, 'response');
  assert.equal(String(await once(response, 'data')), 'native');
  const error = await errorOf(http.get({ port, host: 'missing.example.org', family: 4 }));
  assert.equal(error.message, 'getaddrinfo ENOTFOUND missing.example.org');
  server.close();
  server.closeAllConnections();
});

check('a lookup of the program’s own decides', async () => {
  const { port, close } = await servers();
  const lookup = (_name, options, done) =>
    options.all ? done(null, [{ address: HOST4, family: 4 }]) : done(null, HOST4, 4);
  assert.equal((await heard({ port, lookup })).text, HOST4);
  close();
});

check('the options of the program stay as they are', async () => {
  const { port, close } = await servers();
  const options = Object.freeze({ port, host: 'both6.example.org', family: 4 });
  const socket = net.connect(options);
  await once(socket, 'connect');
  socket.destroy();
  close();
});

check('a socket that is destroyed before it connects says nothing', async () => {
  const { port, close } = await servers();
  const socket = net.connect({ port, host: 'both6.example.org', family: 4 });
  socket.on('connect', () => assert.fail('connected'));
  socket.destroy();
  await once(socket, 'close');
  const controller = new AbortController();
  const aborted = net.connect({ port, host: 'both6.example.org', family: 4, signal: controller.signal });
  controller.abort();
  assert.equal((await errorOf(aborted)).name, 'AbortError');
  close();
});
