import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { HOST_KINDS, hostTest, nodeUnderTestMajor, runOnHost } from '../support/host.js';
import { HOST4, HOST6 } from '../support/sockets.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-shared-cluster-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

// Two workers, each with a listener on 0.0.0.0 and one on [::] for IPv6 only, on one port. The primary asks both families
// and prints who answered; then one listener closes in every worker.
const program = path.join(scratch, 'cluster.cjs');
writeFileSync(
  program,
  `const cluster = require('cluster'), net = require('net');
   const [four, six] = [{ host: '0.0.0.0' }, { host: '::', ipv6Only: true }];
   const port = 4200;
   if (cluster.isPrimary) {
     // By addresses that are told apart across processes too, as 127.0.0.1 and ::1 are not without a loopback prefix.
     const ask = (host) => new Promise((resolve) => {
       let text = '';
       net.connect(port, host).on('data', (data) => (text += data)).on('close', () => resolve(text))
         .on('error', (error) => (text += error.code)).end('?');
     });
     const workers = [cluster.fork(), cluster.fork()];
     const all = (text) => Promise.all(workers.map((worker) => new Promise((resolve) => {
       worker.on('message', function listener(message) { if (message === text) { worker.off('message', listener); resolve(); } });
     })));
     (async () => {
       await all('ready');
       for (let i = 0; i < 4; i++) console.log(await ask('${HOST4}'), '|', await ask('${HOST6}'));
       const closed = all('closed');
       for (const worker of workers) worker.send('close');
       await closed;
       for (let i = 0; i < 2; i++) console.log(await ask('${HOST4}'));
       for (const worker of workers) worker.process.kill();
     })();
   } else {
     const listen = (label, options) => new Promise((resolve, reject) => {
       const server = net.createServer((socket) => {
         socket.on('error', () => {}).resume().end(label + ' ' + socket.remoteAddress + ' ' + server.address().address);
       });
       server.on('error', (error) => { console.log(label + ' ' + error.message); reject(error); });
       server.listen({ port, ...options }, () => resolve(server));
     });
     (async () => {
       const order = process.argv[2] === '46' ? [['four', four], ['six', six]] : [['six', six], ['four', four]];
       const servers = {};
       for (const [label, options] of order) servers[label] = await listen(label, options);
       process.send('ready');
       process.on('message', () => servers.six.close(() => process.send('closed')));
     })();
   }`,
);

const lines = `${`four ${HOST4} 0.0.0.0 | six ${HOST6} ::\n`.repeat(4)}${`four ${HOST4} 0.0.0.0\n`.repeat(2)}`;

for (const schedule of ['rr', 'none']) {
  for (const order of ['46', '64']) {
    hostTest(
      test,
      HOST_KINDS,
      `cluster workers share 0.0.0.0:P with [::]:P ipv6Only, ${order === '46' ? 'IPv4' : 'IPv6'} first (${schedule})`,
      async (t, kind) => {
        const { stdout, stderr } = await runOnHost(kind, [program, order], {
          env: { NODE_CLUSTER_SCHED_POLICY: schedule },
          timeoutMs: 20_000,
        });
        t.is(stderr, '');
        t.is(stdout, lines);
      },
    );
  }
}

const closing = path.join(scratch, 'closing.cjs');
writeFileSync(
  closing,
  `const cluster = require('cluster'), net = require('net');
   const port = 4201;
   if (cluster.isPrimary) {
     const worker = cluster.fork();
     worker.on('message', () => net.connect(port, '${HOST4}')
       .on('connect', function () { console.log('connected'); this.destroy(); worker.send('close'); })
       .on('error', (error) => { console.log(error.code); worker.kill(); }));
   } else {
     const server = net.createServer((socket) => socket.resume().on('error', () => {}));
     server.listen(port, '0.0.0.0', () => process.send('listening'));
     process.on('message', () => server.close(() => process.send('closed')));
   }`,
);

for (const schedule of ['rr', 'none']) {
  hostTest(
    test,
    HOST_KINDS,
    `a worker closes its server: the primary hears of it and nobody listens (${schedule})`,
    async (t, kind) => {
      const { stdout, stderr } = await runOnHost(kind, [closing], { env: { NODE_CLUSTER_SCHED_POLICY: schedule } });
      t.is(stderr, '');
      t.is(stdout, 'connected\nECONNREFUSED\n');
    },
  );
}

// By addresses that are told apart across processes too.
const narrow = path.join(scratch, 'narrow.cjs');
writeFileSync(
  narrow,
  `const cluster = require('cluster'), net = require('net');
   const port = 4202;
   if (cluster.isPrimary) {
     const ask = (host) => new Promise((resolve) => {
       let text = '';
       net.connect(port, host).on('data', (data) => (text += data)).on('close', () => resolve(text))
         .on('error', (error) => (text += error.code));
     });
     const workers = [cluster.fork(), cluster.fork()];
     Promise.all(workers.map((worker) => new Promise((resolve) => worker.on('message', resolve)))).then(async (told) => {
       console.log(...told);
       if (!told.includes('EADDRINUSE')) for (const host of ['::1', '${HOST4}']) console.log(await ask(host));
       for (const worker of workers) worker.process.kill();
     });
   } else {
     const listen = (host) => new Promise((resolve, reject) => {
       const server = net.createServer((socket) => socket.on('error', () => {}).end(host + ' sees ' + socket.remoteAddress));
       server.on('error', reject).listen({ port, host }, resolve);
     });
     listen('::1').then(() => listen('0.0.0.0')).then(() => process.send('ready'), (error) => process.send(error.code));
   }`,
);

for (const schedule of ['rr', 'none']) {
  hostTest(
    test,
    HOST_KINDS,
    `cluster workers listen on [::1]:P and then on 0.0.0.0:P (${schedule})`,
    async (t, kind) => {
      const { stdout, stderr } = await runOnHost(kind, [narrow], { env: { NODE_CLUSTER_SCHED_POLICY: schedule } });
      t.is(stderr, '');
      // Their one kernel socket can be shared with a wider one only where libuv knows SO_REUSEPORT.
      const refused = schedule === 'none' && kind !== 'dual' && nodeUnderTestMajor < 22;
      if (refused) t.is(stdout, 'EADDRINUSE EADDRINUSE\n');
      else t.is(stdout, `ready ready\n::1 sees ::1\n0.0.0.0 sees ${HOST4}\n`);
    },
  );
}

const leaving = path.join(scratch, 'leaving.cjs');
writeFileSync(
  leaving,
  `const cluster = require('cluster'), net = require('net'), dgram = require('dgram');
   if (cluster.isPrimary) {
     const worker = cluster.fork();
     worker.on('message', () => worker.disconnect());
     worker.on('exit', (code, signal) => console.log('exit', code, signal));
   } else {
     const listen = (options) => new Promise((resolve) => net.createServer().listen(options, resolve));
     const bind = (type, port) => new Promise((resolve) => dgram.createSocket({ type, ipv6Only: type === 'udp6' }).bind(port, resolve));
     (async () => {
       for (let port = 4210; port < 4222; port++) {
         await listen({ port, host: '0.0.0.0' });
         await listen({ port, host: '::', ipv6Only: true });
         await bind('udp4', port);
         await bind('udp6', port);
       }
       process.send('ready');
     })();
   }`,
);

for (const schedule of ['rr', 'none']) {
  hostTest(test, HOST_KINDS, `a worker that disconnects ends, shared ports or not (${schedule})`, async (t, kind) => {
    const { stdout, stderr } = await runOnHost(kind, [leaving], { env: { NODE_CLUSTER_SCHED_POLICY: schedule } });
    t.is(stderr, '');
    t.is(stdout, 'exit 0 null\n');
  });
}
