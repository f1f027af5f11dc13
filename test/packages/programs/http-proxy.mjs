// http-proxy and http-proxy-middleware in front of backends by IPv4 literal: forwarded addresses, WebSocket, a dead backend
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import express from 'express';
import httpProxy from 'http-proxy';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { WebSocket, WebSocketServer } from 'ws';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const backend = http.createServer((request, response) => response.end(request.headers['x-forwarded-for']));
new WebSocketServer({ server: backend }).on('connection', (socket, request) =>
  socket.send(request.headers['x-forwarded-for']),
);
const proxy = httpProxy.createProxyServer({ target: `http://${REMOTE}:9000`, xfwd: true, ws: true });
proxy.on('error', (error, _request, response) => response.writeHead?.(502).end(`${error.code} ${error.address}`));
const front = http.createServer((request, response) =>
  proxy.web(request, response, request.url === '/dead' ? { target: 'http://127.0.0.1:9' } : {}),
);
front.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
const app = express();
app.use('/api', createProxyMiddleware({ target: 'http://127.0.0.1:9000', xfwd: true }));
const gateway = http.createServer(app);
backend.listen(9000, '0.0.0.0');
front.listen(8080, '0.0.0.0');
gateway.listen(8081, '127.0.0.1');
await Promise.all([backend, front, gateway].map((server) => once(server, 'listening')));

assert.equal(await (await fetch('http://127.0.0.1:8080/')).text(), '127.0.0.1');
assert.equal(await (await fetch('http://127.0.0.1:8081/api/x')).text(), '127.0.0.1');
const dead = await fetch('http://127.0.0.1:8080/dead');
assert.deepEqual([dead.status, await dead.text()], [502, 'ECONNREFUSED 127.0.0.1']);
const [message] = await once(new WebSocket('ws://127.0.0.1:8080/'), 'message');
assert.equal(String(message), '127.0.0.1');
done();
