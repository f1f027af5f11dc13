// The PROXY protocol, version 1: "TCP4" and four fields from the socket, as HAProxy and its clients write them
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const backend = net.createServer(async (socket) => {
  const [line] = await once(socket, 'data');
  socket.end(String(line));
});
const front = net.createServer((socket) => {
  const { remoteAddress, remoteFamily, remotePort, localAddress, localPort } = socket;
  const upstream = net.connect(9000, '127.0.0.1');
  upstream.write(`PROXY TCP${remoteFamily.slice(-1)} ${remoteAddress} ${localAddress} ${remotePort} ${localPort}\r\n`);
  upstream.pipe(socket);
});
backend.listen(9000, '127.0.0.1');
front.listen(80, '0.0.0.0');
await Promise.all([once(backend, 'listening'), once(front, 'listening')]);
const client = net.connect({ host: REMOTE, port: 80, localAddress: REMOTE });
await once(client, 'connect');
const { localPort } = client;
assert.equal((await client.toArray()).join(''), `PROXY TCP4 ${REMOTE} ${REMOTE} ${localPort} 80\r\n`);
done();
