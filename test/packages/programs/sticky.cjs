'use strict';
// @socket.io/sticky: the primary takes connections and hands them to workers; polling stays with one worker
const assert = require('node:assert/strict');
const cluster = require('node:cluster');
const http = require('node:http');
const { setupMaster, setupWorker } = require('@socket.io/sticky');
const { Server } = require('socket.io');
const { io } = require('socket.io-client');

async function primary() {
  const { done, within } = await import('../../../build/test/packages/support/program.js');
  const web = http.createServer();
  setupMaster(web, { loadBalancingMethod: 'least-connection' });
  await new Promise((resolve) => web.listen(3000, '0.0.0.0', resolve));
  // Requests travel as buffers.
  cluster.setupPrimary({ serialization: 'advanced' });
  const workers = [cluster.fork(), cluster.fork()];
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  const client = io('http://127.0.0.1:3000', { transports: ['polling'] });
  const [first, address] = await within(
    8000,
    'a worker',
    new Promise((resolve) => client.once('you', (...args) => resolve(args))),
  );
  assert.equal(address, '127.0.0.1');
  for (let i = 0; i < 5; i += 1) assert.equal(await within(3000, 'an answer', client.emitWithAck('who')), first);
  client.close();
  for (const worker of workers) worker.process.kill();
  done();
}

if (cluster.isPrimary) primary();
else {
  const server = new Server(http.createServer());
  setupWorker(server);
  server.on('connection', (socket) => {
    socket.emit('you', process.pid, socket.handshake.address);
    socket.on('who', (reply) => reply(process.pid));
  });
  process.send('ready');
}
