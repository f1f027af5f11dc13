// undici: Client, Pool, Agent with its own connect options, stream and pipeline, error of a closed port
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { PassThrough } from 'node:stream';
import { Agent, Client, Pool, request, stream } from 'undici';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const server = http.createServer((incoming, response) => {
  response.end(`${incoming.socket.remoteAddress} ${incoming.headers.host}`);
});
server.listen(8080, '0.0.0.0');
await once(server, 'listening');

const text = async (result) => (await result).body.text();
assert.equal(await text(request('http://127.0.0.1:8080/')), '127.0.0.1 127.0.0.1:8080');
const bound = new Agent({ connect: { localAddress: REMOTE, timeout: 3000 } });
assert.equal(await text(request(`http://${REMOTE}:8080/`, { dispatcher: bound })), `${REMOTE} ${REMOTE}:8080`);
const client = new Client(`http://${REMOTE}:8080`, { pipelining: 4 });
const many = await Promise.all(Array.from({ length: 8 }, () => text(client.request({ path: '/', method: 'GET' }))));
assert.equal(many.length, 8);
const pool = new Pool('http://127.0.0.1:8080', { connections: 3 });
const texts = await Promise.all(Array.from({ length: 9 }, () => text(pool.request({ path: '/', method: 'GET' }))));
assert.ok(texts.every((t) => t.startsWith('127.0.0.1 ')));
const through = new PassThrough();
await stream('http://127.0.0.1:8080/', { opaque: through }, ({ opaque }) => opaque);
assert.match(String(through.read()), /^127\.0\.0\.1 /);
await assert.rejects(request('http://127.0.0.1:8081/'), { code: 'ECONNREFUSED', address: '127.0.0.1', port: 8081 });
await Promise.all([bound.close(), client.close(), pool.close()]);
server.close();
done('', { exit: false });
