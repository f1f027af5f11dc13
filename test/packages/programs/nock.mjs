// needs: node 22
// nock and @opentelemetry: other users of the same seams, with the addresses that the program used
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { NetInstrumentation } from '@opentelemetry/instrumentation-net';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import nock from 'nock';
import { done, REMOTE, sleep } from '../../../build/test/packages/support/program.js';

const exporter = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
registerInstrumentations({ instrumentations: [new NetInstrumentation()] });
const net = createRequire(import.meta.url)('node:net');
const server = http.createServer((_request, response) => response.end('real'));
server.listen(8080, '0.0.0.0');
await once(server, 'listening');
const socket = net.connect(8080, REMOTE);
await once(socket, 'connect');
socket.destroy();
await sleep(100);
const spans = exporter.getFinishedSpans().filter(({ name }) => name === 'tcp.connect');
assert.ok(spans.length > 0);
assert.ok(Object.values(spans[0].attributes).includes(REMOTE), JSON.stringify(spans[0].attributes));

nock.disableNetConnect();
nock.enableNetConnect('127.0.0.1');
nock('http://198.51.100.9').get('/').reply(200, 'mocked');
const body = async (url) => {
  const [response] = await once(http.get(url), 'response');
  return (await response.toArray()).join('');
};
assert.equal(await body('http://198.51.100.9/'), 'mocked');
assert.equal(await body('http://127.0.0.1:8080/'), 'real');
await assert.rejects(body(`http://${REMOTE}:8080/`), { code: 'ENETUNREACH' });
done();
