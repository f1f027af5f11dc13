// node-fetch with an agent that insists on IPv4, and an upload as a stream
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { Readable } from 'node:stream';
import fetch from 'node-fetch';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const server = http.createServer(async (request, response) => {
  const body = (await request.toArray()).join('');
  response.end(`${request.socket.remoteFamily} ${request.socket.localAddress} ${body}`);
});
server.listen(8080, '0.0.0.0');
await once(server, 'listening');
const agent = new http.Agent({ family: 4 });
const answer = await fetch(`http://${REMOTE}:8080/`, { agent, method: 'POST', body: Readable.from(['up', 'load']) });
assert.equal(await answer.text(), `IPv4 ${REMOTE} upload`);
assert.equal(await (await fetch('http://localhost:8080/', { agent })).text(), 'IPv4 127.0.0.1 ');
await assert.rejects(fetch('http://127.0.0.1:8081/'), { code: 'ECONNREFUSED', message: /127\.0\.0\.1:8081/ });
server.close();
done('', { exit: false });
