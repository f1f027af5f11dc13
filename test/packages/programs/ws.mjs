// ws: a chat room that bans by address, text and binary, fragments, ping and pong
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const server = new WebSocketServer({
  host: '0.0.0.0',
  port: 8080,
  verifyClient: ({ req }) => req.socket.remoteAddress !== '203.0.113.7' || req.url !== '/banned',
});
await once(server, 'listening');
assert.deepEqual(server.address(), { address: '0.0.0.0', family: 'IPv4', port: 8080 });
server.on('connection', (socket, request) => {
  socket.send(`hello ${request.socket.remoteAddress}`);
  socket.on('message', (data, binary) => {
    for (const client of server.clients) client.send(data, { binary });
  });
});
const first = new WebSocket('ws://127.0.0.1:8080/');
assert.equal(String((await once(first, 'message'))[0]), 'hello 127.0.0.1');
const second = new WebSocket(`ws://${REMOTE}:8080/`, { localAddress: REMOTE });
assert.equal(String((await once(second, 'message'))[0]), `hello ${REMOTE}`);
const heard = once(first, 'message');
const big = Buffer.alloc(300_000, 7);
second.send(big, { binary: true });
assert.ok((await heard)[0].equals(big));
const pong = once(second, 'pong');
second.ping('x');
await pong;
const banned = new WebSocket(`ws://${REMOTE}:8080/banned`, { localAddress: REMOTE });
const [error] = await once(banned, 'error');
assert.match(error.message, /401/);
first.close();
second.close();
await Promise.all([once(first, 'close'), once(second, 'close')]);
server.close();
done('', { exit: false });
