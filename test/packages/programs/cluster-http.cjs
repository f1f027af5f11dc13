'use strict';
// cluster, both schedules: two workers on one IPv4 port, each tells who asked
const assert = require('node:assert/strict');
const cluster = require('node:cluster');
const http = require('node:http');

const server = () =>
  http.createServer((request, response) => {
    response.setHeader('connection', 'close');
    response.end(`${cluster.worker.id} ${request.socket.remoteAddress} ${request.socket.localAddress}`);
  });

async function primary() {
  const { done, REMOTE } = await import('../../../build/test/packages/support/program.js');
  for (const policy of [cluster.SCHED_RR, cluster.SCHED_NONE]) {
    cluster.schedulingPolicy = policy;
    const port = 8080 + policy;
    const workers = [1, 2].map(() => cluster.fork({ PORT: port }));
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve) =>
            worker.once('listening', ({ address, addressType }) => {
              assert.deepEqual([address, addressType], ['0.0.0.0', 4]);
              resolve();
            }),
          ),
      ),
    );
    const served = new Set();
    for (let i = 0; i < 10; i += 1) {
      const host = i % 2 ? '127.0.0.1' : REMOTE;
      const [id, peer, local] = (await (await fetch(`http://${host}:${port}/`)).text()).split(' ');
      served.add(id);
      assert.equal(local, host);
      assert.match(peer, /^\d+\.\d+\.\d+\.\d+$/);
    }
    if (policy === cluster.SCHED_RR) assert.equal(served.size, 2);
    await Promise.all(
      workers.map((worker) => {
        worker.disconnect();
        return new Promise((resolve) => worker.once('exit', resolve));
      }),
    );
  }
  done();
}

if (cluster.isPrimary) primary();
else server().listen(Number(process.env.PORT), '0.0.0.0');
