import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { MORE_KINDS } from '../support/host.js';
import { errorOf, HOST4, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url, { on: MORE_KINDS });

const server = http.createServer((request, response) => {
  const { remoteAddress, remoteFamily, localAddress } = request.socket;
  response.end(JSON.stringify({ remoteAddress, remoteFamily, localAddress, host: request.headers.host }));
});
server.unref();
const started = listening(server, 0, '0.0.0.0');

async function get(where: string | http.RequestOptions, options: http.RequestOptions = {}) {
  const request = typeof where === 'string' ? http.get(where, options) : http.get(where);
  const [response] = await once(request, 'response');
  const { remoteAddress } = response.socket;
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { request, response, remoteAddress, body: JSON.parse(text) };
}

check('http.get by a literal in the URL: both sides see IPv4, the Host header is the literal', async () => {
  const port = await started;
  const { body, remoteAddress } = await get(`http://${HOST4}:${port}/`);
  assert.deepEqual(body, {
    remoteAddress: HOST4,
    remoteFamily: 'IPv4',
    localAddress: HOST4,
    host: `${HOST4}:${port}`,
  });
  assert.equal(remoteAddress, HOST4);
});

for (const [what, options] of [
  ['host', { host: HOST4 }],
  ['hostname', { hostname: HOST4 }],
  ['family: 4', { host: HOST4, family: 4 }],
  ['localAddress', { host: HOST4, localAddress: HOST4 }],
  ['127.0.0.1', { host: '127.0.0.1' }],
  ['localhost', { host: 'localhost' }],
  ['no host', {}],
] as const) {
  check(`http.get by options works: ${what}`, async () => {
    const { response } = await get({ ...options, port: await started });
    assert.equal(response.statusCode, 200);
  });
}

check('an agent keeps one connection to a literal, and names it by the literal', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const options = { host: HOST4, port: await started, agent };
  const first = await get(options);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(Object.keys(agent.freeSockets), [`${HOST4}:${options.port}:`]);
  const second = await get(options);
  assert.equal(first.request.reusedSocket, false);
  assert.equal(second.request.reusedSocket, true);
  agent.destroy();
});

check('a request to a closed port fails with the error of IPv4', async () => {
  const error = await errorOf(http.get({ host: HOST4, port: 1 }));
  assert.equal(error.message, `connect ECONNREFUSED ${HOST4}:1`);
});

check('an upgrade and CONNECT carry bytes both ways', async () => {
  const proxy = http.createServer();
  proxy.on('connect', (request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.end(request.url);
  });
  const port = await listening(proxy);
  const request = http.request({ host: HOST4, port, method: 'CONNECT', path: '192.0.2.1:443' }).end();
  const [, socket, head] = await once(request, 'connect');
  let text = head.toString();
  for await (const chunk of socket) text += chunk;
  assert.equal(text, '192.0.2.1:443');
  proxy.close();
});

check('a large upload and download go through', async () => {
  const echo = http.createServer((request, response) => request.pipe(response));
  const port = await listening(echo);
  const request = http.request({ host: HOST4, port, method: 'POST' });
  request.end(Buffer.alloc(300_000, 'x'));
  const [response] = await once(request, 'response');
  let bytes = 0;
  for await (const chunk of response) bytes += chunk.length;
  assert.equal(bytes, 300_000);
  echo.close();
});
