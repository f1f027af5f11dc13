// socket.io: polling, upgrade to WebSocket, rooms, the handshake's address
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { done, REMOTE, within } from '../../../build/test/packages/support/program.js';

const web = http.createServer();
const server = new Server(web);
server.on('connection', (socket) => {
  socket.emit('you', socket.handshake.address, socket.handshake.headers.host);
  socket.join('all');
  socket.on('say', (text, reply) => {
    server.to('all').emit('said', text);
    reply('heard');
  });
});
web.listen(3000, '0.0.0.0');
await once(web, 'listening');

const event = (client, name) =>
  within(5000, name, new Promise((resolve) => client.once(name, (...args) => resolve(args))));
const polling = io('http://127.0.0.1:3000');
assert.deepEqual(await event(polling, 'you'), ['127.0.0.1', '127.0.0.1:3000']);
if (polling.io.engine.transport.name !== 'websocket') {
  await within(5000, 'upgrade', new Promise((resolve) => polling.io.engine.once('upgrade', resolve)));
}
const direct = io(`http://${REMOTE}:3000`, { transports: ['websocket'] });
const [address] = await event(direct, 'you');
assert.match(address, /^\d+\.\d+\.\d+\.\d+$/);
const said = event(polling, 'said');
assert.equal(await within(5000, 'the acknowledgement', direct.emitWithAck('say', 'hi')), 'heard');
assert.deepEqual(await said, ['hi']);
polling.close();
direct.close();
await server.close();
done('', { exit: false });
