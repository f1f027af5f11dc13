import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { HOST_KINDS, hostTest, type Kind, runOnHost } from '../support/host.js';
import { HOST4, HOST6 } from '../support/sockets.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-shared-udp-cluster-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

// Workers with datagram sockets on one port, opened in the order of the arguments; the primary asks each family and prints
// who answered, whom that saw, and who it thinks to be; then the IPv6 socket closes in every worker.
const program = path.join(scratch, 'cluster.cjs');
writeFileSync(
  program,
  `const cluster = require('cluster'), dgram = require('dgram');
   const port = 4300;
   const [order, exclusive] = process.argv.slice(2);
   if (cluster.isPrimary) {
     const ask = (type, host) => new Promise((resolve) => {
       const socket = dgram.createSocket(type);
       const end = (text) => { clearTimeout(timer); socket.close(); resolve(text); };
       const timer = setTimeout(() => end('nothing'), 20_000);
       socket.on('message', (message, rinfo) => end(rinfo.address === host ? String(message) : 'from ' + rinfo.address));
       socket.send('?', port, host);
     });
     const workers = exclusive ? [cluster.fork()] : [cluster.fork(), cluster.fork()];
     const all = (text) => Promise.all(workers.map((worker) => new Promise((resolve) => {
       worker.on('message', function listener(message) { if (message === text) { worker.off('message', listener); resolve(); } });
     })));
     (async () => {
       await all('ready');
       const families = [['4', 'udp4', '${HOST4}'], ['6', 'udp6', '${HOST6}']].filter(([family]) => order.includes(family));
       for (let i = 0; i < 4; i++) for (const [, type, host] of families) console.log(await ask(type, host));
       if (families.length === 2) {
         const closed = all('closed');
         for (const worker of workers) worker.send('close');
         await closed;
         for (let i = 0; i < 2; i++) console.log(await ask('udp4', '${HOST4}'));
       }
       for (const worker of workers) worker.process.kill();
     })();
   } else {
     const bind = (type, address) => new Promise((resolve, reject) => {
       const socket = dgram.createSocket({ type, ipv6Only: order.length === 2 && type === 'udp6' });
       socket.on('error', (error) => { console.log(type + ' ' + error.message); reject(error); });
       socket.on('message', (_, { address, family, port }) => {
         const own = socket.address();
         socket.send([type, family, address, own.family, own.address].join(' '), port, address);
       });
       socket.bind({ port, address, exclusive: Boolean(exclusive) }, () => resolve(socket));
     });
     (async () => {
       const sockets = {};
       for (const family of order)
         sockets[family] = await (family === '4' ? bind('udp4', '0.0.0.0') : bind('udp6', '::'));
       process.send('ready');
       process.on('message', () => sockets[6].close(() => process.send('closed')));
     })();
   }`,
);

const four = `udp4 IPv4 ${HOST4} IPv4 0.0.0.0\n`;
const six = `udp6 IPv6 ${HOST6} IPv6 ::\n`;
const mapped = `udp6 IPv6 ::ffff:${HOST4} IPv6 ::\n`;

for (const schedule of ['rr', 'none']) {
  for (const exclusive of [false, true]) {
    const how = `${schedule}${exclusive ? ', exclusive' : ''}`;
    const run = async (t: ExecutionContext, kind: Kind, order: string) => {
      const { stdout, stderr } = await runOnHost(kind, [program, order, ...(exclusive ? ['exclusive'] : [])], {
        env: { NODE_CLUSTER_SCHED_POLICY: schedule },
        timeoutMs: 20_000,
      });
      t.is(stderr, '');
      return stdout;
    };

    hostTest(test, HOST_KINDS, `cluster workers share a udp4 socket (${how})`, async (t, kind) => {
      t.is(await run(t, kind, '4'), four.repeat(4));
    });

    for (const order of ['46', '64']) {
      hostTest(
        test,
        HOST_KINDS,
        `cluster workers share 0.0.0.0:P with [::]:P ipv6Only over UDP, IPv${order[0]} first (${how})`,
        async (t, kind) => {
          t.is(await run(t, kind, order), (four + six).repeat(4) + four.repeat(2));
        },
      );
    }
  }

  hostTest(
    test,
    HOST_KINDS,
    `an IPv4 peer of a worker’s [::] reads as on a dual-stack host (${schedule})`,
    async (t, kind) => {
      const source = path.join(scratch, `dual-${schedule}-${kind}.cjs`);
      writeFileSync(
        source,
        `const cluster = require('cluster'), dgram = require('dgram');
       if (cluster.isPrimary) {
         const worker = cluster.fork();
         worker.on('message', () => {
           const socket = dgram.createSocket('udp4');
           socket.on('message', (message, { address }) => { console.log(message + '', address); socket.close(); worker.process.kill(); });
           socket.send('?', 4301, '${HOST4}');
         });
       } else {
         const socket = dgram.createSocket('udp6');
         socket.on('message', (_, { address, family, port }) =>
           socket.send('udp6 ' + family + ' ' + address + ' IPv6 ' + socket.address().address + '\\n', port, address));
         socket.bind(4301, () => process.send('ready'));
       }`,
      );
      const { stdout, stderr } = await runOnHost(kind, [source], { env: { NODE_CLUSTER_SCHED_POLICY: schedule } });
      t.is(stderr, '');
      t.is(stdout, `${mapped} ${HOST4}\n`);
    },
  );
}
