// nats: the first server tells of the others by IPv4 literal (connect_urls); when it goes, the client follows
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { connect, StringCodec } from 'nats';
import { done, REMOTE, within } from '../../../build/test/packages/support/program.js';

function serve(port, urls) {
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const info = {
      server_id: String(port),
      version: '2.10.0',
      proto: 1,
      max_payload: 1e6,
      headers: true,
      client_ip: socket.remoteAddress,
      connect_urls: urls,
    };
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    let sid;
    socket.on('data', (data) => {
      for (const line of String(data).split('\r\n')) {
        const words = line.split(' ');
        if (words[0] === 'PING') socket.write('PONG\r\n');
        if (words[0] === 'SUB') sid = words.at(-1);
        if (words[0] === 'PUB') socket.write(`MSG ${words[1]} ${sid} 4\r\nfrom\r\n`);
      }
    });
  });
  server.listen(port, '0.0.0.0');
  return once(server, 'listening').then(() => () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
}
const stopFirst = await serve(4222, [`${REMOTE}:4223`]);
await serve(4223, [`${REMOTE}:4223`]);
const connection = await connect({ servers: '127.0.0.1:4222', reconnectTimeWait: 50 });
assert.equal(connection.getServer(), '127.0.0.1:4222');
assert.equal(connection.info.client_ip, '127.0.0.1');
const messages = connection.subscribe('s', { max: 1 });
connection.publish('s', 'text');
for await (const message of messages) assert.equal(StringCodec().decode(message.data), 'from');
const reconnected = within(
  8000,
  'the reconnection',
  (async () => {
    for await (const { type } of connection.status()) if (type === 'reconnect') return;
  })(),
);
stopFirst();
await reconnected;
assert.equal(connection.getServer(), `${REMOTE}:4223`);
await connection.close();
done();
