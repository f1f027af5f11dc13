import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { hostTest, runOnHost } from '../support/host.js';
import { HOST4 } from '../support/sockets.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-cluster-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

// Two workers serve HTTP on 0.0.0.0; the primary asks them by literal and prints what both ends saw.
const program = path.join(scratch, 'cluster.cjs');
writeFileSync(
  program,
  `const cluster = require('cluster'), http = require('http');
   if (cluster.isPrimary) {
     let ready = 0;
     const workers = [cluster.fork(), cluster.fork()];
     cluster.on('listening', async (_, { address, port, addressType }) => {
       if (++ready < 2) return;
       console.log('listening', address, addressType);
       const seen = new Set();
       for (let i = 0; i < 6; i++) {
         const response = await fetch('http://${HOST4}:' + port + '/', { headers: { connection: 'close' } });
         seen.add(await response.text());
       }
       console.log([...seen].join('|'));
       for (const worker of workers) worker.process.kill();
     });
   } else {
     const server = http.createServer((request, response) => response.end(request.socket.remoteAddress + ' ' + server.address().address));
     server.listen(+process.argv[2], '0.0.0.0');
   }`,
);

for (const schedule of ['rr', 'none']) {
  hostTest(
    test,
    ['noinet', 'v6', 'lo4', 'dual'],
    `cluster workers serve IPv4 clients (${schedule})`,
    async (t, kind) => {
      const { stdout, stderr } = await runOnHost(kind, [program, schedule === 'rr' ? '4100' : '4101'], {
        env: { NODE_CLUSTER_SCHED_POLICY: schedule },
      });
      t.is(stderr, '');
      t.is(stdout, `listening 0.0.0.0 4\n${HOST4} 0.0.0.0\n`);
    },
  );
}

const ipv6OnlyProgram = path.join(scratch, 'cluster-ipv6-only.cjs');
writeFileSync(
  ipv6OnlyProgram,
  `const cluster = require('cluster'), net = require('net');
   if (cluster.isPrimary) {
     const worker = cluster.fork();
     cluster.on('listening', (_, { port }) => {
       net.connect(port, '64:ff9b::203.0.113.7').on('data', (text) => console.log(String(text))).on('close', () => worker.process.kill());
     });
   } else {
     net.createServer((socket) => socket.end(socket.remoteAddress)).listen({ port: 4107, host: '::', ipv6Only: true });
   }`,
);

for (const schedule of ['rr', 'none']) {
  hostTest(test, ['v6', 'lo4'], `an ipv6Only server of a worker sees IPv6 peers (${schedule})`, async (t, kind) => {
    const { stdout, stderr } = await runOnHost(kind, [ipv6OnlyProgram], {
      env: { NODE_CLUSTER_SCHED_POLICY: schedule },
    });
    t.is(stderr, '');
    t.is(stdout, '64:ff9b::cb00:7107\n');
  });
}

const udpProgram = path.join(scratch, 'cluster-udp.cjs');
writeFileSync(
  udpProgram,
  `const cluster = require('cluster'), dgram = require('dgram');
   const socket = dgram.createSocket('udp4');
   if (cluster.isPrimary) {
     const worker = cluster.fork();
     cluster.on('listening', (_, { port }) => socket.send('ping', port, '${HOST4}'));
     socket.on('message', (message, { address }) => {
       console.log(String(message), address);
       worker.process.kill();
       socket.close();
     });
   } else {
     socket.on('message', (message, { port, address, family }) => socket.send(address + ' ' + family, port, address));
     socket.bind(4102, '${HOST4}');
   }`,
);

hostTest(
  test,
  ['noinet', 'v6', 'lo4', 'dual'],
  'a datagram socket of a cluster worker speaks IPv4',
  async (t, kind) => {
    const { stdout, stderr } = await runOnHost(kind, [udpProgram]);
    t.is(stderr, '');
    t.is(stdout, `${HOST4} IPv4 ${HOST4}\n`);
  },
);
