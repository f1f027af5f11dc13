import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { HOST4, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url);

check('fetch by a literal', async () => {
  const server = http.createServer((request, response) => response.end(request.socket.remoteAddress));
  const port = await listening(server);
  for (const host of [HOST4, '127.0.0.1', 'localhost']) {
    const response = await fetch(`http://${host}:${port}/`, { headers: { connection: 'close' } });
    assert.equal(response.url, `http://${host}:${port}/`);
    assert.match(await response.text(), /^\d+\.\d+\.\d+\.\d+$/);
  }
  server.close();
});

check('the odd ways to write an IPv4 address in a URL are the same address', async () => {
  const server = http.createServer((request, response) => response.end(request.headers.host));
  const port = await listening(server);
  for (const host of ['0xcb.0.0x71.7', '3405803783', '203.0.28935']) {
    const response = await fetch(`http://${host}:${port}/`, { headers: { connection: 'close' } });
    assert.equal(await response.text(), `${HOST4}:${port}`);
  }
  server.close();
});

check('a refused fetch has the error of IPv4 as its cause', async () => {
  const error = await fetch(`http://${HOST4}:2/`).catch((reason) => reason);
  assert.equal(error.cause.message, `connect ECONNREFUSED ${HOST4}:2`);
  assert.equal(error.cause.address, HOST4);
});

check('a WebSocket by a literal', { node: 22 }, async () => {
  const server = http.createServer();
  server.on('upgrade', (request, socket) => {
    const key = createHash('sha1').update(
      `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    );
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key.digest('base64')}\r\n\r\n`,
    );
    const text = Buffer.from(String(request.socket.remoteAddress));
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
    socket.on('error', () => {});
  });
  const port = await listening(server);
  const webSocket = new WebSocket(`ws://${HOST4}:${port}/`);
  const text = await new Promise((resolve, reject) => {
    webSocket.onmessage = ({ data }) => resolve(data);
    webSocket.onerror = ({ error, message }) => reject(error ?? message);
  });
  assert.equal(text, HOST4);
  webSocket.close();
  server.closeAllConnections();
  server.close();
});
