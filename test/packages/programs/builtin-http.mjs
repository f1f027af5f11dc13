// http: an allow-list, an access log, an agent that is bound, WebSocket and fetch of the runtime, AbortSignal
// needs: node 22
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const ALLOWED = ['127.0.0.1', '203.0.113.7'];
const log = [];
const server = http.createServer((request, response) => {
  const { remoteAddress } = request.socket;
  log.push(`${remoteAddress} - - "${request.method} ${request.url}"`);
  if (!ALLOWED.includes(remoteAddress)) return response.writeHead(403).end();
  if (request.url === '/slow') return undefined;
  return response.end('fine');
});
server.on('upgrade', (request, socket) => {
  const accept = crypto
    .createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  );
  const text = socket.remoteAddress;
  socket.write(Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]));
});
server.listen(8080, '0.0.0.0');
await once(server, 'listening');
assert.equal((await fetch('http://127.0.0.1:8080/a')).status, 200);
const agent = new http.Agent({ keepAlive: true, localAddress: REMOTE });
const [response] = await once(http.get({ host: REMOTE, port: 8080, path: '/b', agent }), 'response');
assert.equal(response.statusCode, 200);
assert.deepEqual(log, ['127.0.0.1 - - "GET /a"', `${REMOTE} - - "GET /b"`]);
await assert.rejects(fetch(`http://${REMOTE}:8080/slow`, { signal: AbortSignal.timeout(200) }), {
  name: 'TimeoutError',
});
const failed = await fetch('http://127.0.0.1:9/').catch((error) => error);
assert.equal(failed.cause.code ?? failed.cause.message, failed.cause.code ? 'ECONNREFUSED' : 'bad port');
const refused = await fetch('http://127.0.0.1:8081/').catch((error) => error);
assert.equal(refused.cause.message, 'connect ECONNREFUSED 127.0.0.1:8081');
const socket = new WebSocket('ws://127.0.0.1:8080/');
const [{ data }] = await once(socket, 'message');
assert.equal(data, '127.0.0.1');
agent.destroy();
done();
