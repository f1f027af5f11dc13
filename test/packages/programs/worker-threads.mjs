// Worker threads: a server in one, clients in others, udp4 in each
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const roles = {
  async server() {
    const server = http.createServer((request, response) => response.end(request.socket.remoteAddress));
    server.listen(8080, '0.0.0.0');
    await once(server, 'listening');
    parentPort.postMessage(server.address());
  },
  async client() {
    const texts = await Promise.all(
      ['127.0.0.1', REMOTE].map(async (host) => (await fetch(`http://${host}:8080/`)).text()),
    );
    const socket = dgram.createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.send('self', socket.address().port, '127.0.0.1');
    const [, from] = await once(socket, 'message');
    socket.close();
    parentPort.postMessage([...texts, from.address]);
  },
};
if (isMainThread) {
  const start = (role) => new Worker(new URL(import.meta.url), { workerData: role });
  const server = start('server');
  const [address] = await once(server, 'message');
  assert.deepEqual(address, { address: '0.0.0.0', family: 'IPv4', port: 8080 });
  for (const [answers] of await Promise.all(
    [start('client'), start('client')].map((worker) => once(worker, 'message')),
  )) {
    assert.equal(answers[0], '127.0.0.1');
    assert.ok(
      answers.every((text) => net.isIPv4(text)),
      answers.join(),
    );
  }
  await server.terminate();
  done();
} else await roles[workerData]();
