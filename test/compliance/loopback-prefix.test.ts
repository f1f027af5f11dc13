import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { hostTest, type Kind, nodeUnderTest, runOnHost } from '../support/host.js';
import { writeWhole } from '../support/write-whole.js';

// 127.0.0.0/8 embedded in a prefix of the host's own: loopback addresses differ from each other and from ::1, in different
// processes too, as they do on a dual-stack host (which is the control here, without any of this).
const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-loopback-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

const policy = (loopback: string) =>
  writeWhole(path.join(scratch, `${loopback.replace(/\W/g, '-')}.json`), JSON.stringify({ loopback }));

// One process for each of three addresses, all on one port; a fourth asks them all and prints who answered, what the
// server saw, and from where it answered.
const program = path.join(scratch, 'program.cjs');
writeFileSync(
  program,
  `const net = require('net'), dgram = require('dgram'), { fork } = require('child_process');
   const { once } = require('events');
   const port = 4300;
   const addresses = ['127.0.0.1', '127.0.0.2', '::1'];
   const type = (address) => (address.includes(':') ? 'udp6' : 'udp4');
   if (process.argv[2]) {
     const address = process.argv[2];
     const server = net.createServer((socket) => {
       socket.on('error', () => {}).resume();
       socket.end(address + ' sees ' + socket.remoteAddress + ' at ' + socket.localAddress);
     });
     const socket = dgram.createSocket(type(address));
     socket.on('message', (_, peer) => socket.send(address + ' sees ' + peer.address, peer.port, peer.address));
     server.listen(port, address, () => socket.bind(port, address, () => process.send(server.address().address)));
   } else {
     (async () => {
       const children = [];
       for (const address of addresses) {
         const child = fork(__filename, [address]);
         children.push(child);
         console.log('listening', (await once(child, 'message'))[0]);
       }
       for (const address of addresses) {
         const client = net.connect(port, address).setEncoding('utf8');
         console.log('tcp', (await once(client, 'data'))[0], '|', client.remoteAddress, client.localAddress);
         client.destroy();
         const datagram = dgram.createSocket(type(address));
         datagram.bind(0, address);
         datagram.send('?', port, address);
         const [text, peer] = await once(datagram, 'message');
         console.log('udp', String(text), '|', peer.address, datagram.address().address);
         datagram.close();
       }
       const from = net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }).setEncoding('utf8');
       console.log('from', (await once(from, 'data'))[0], '|', from.localAddress);
       from.destroy();
       for (const child of children) child.kill();
     })();
   }`,
);

const expected = [
  'listening 127.0.0.1',
  'listening 127.0.0.2',
  'listening ::1',
  'tcp 127.0.0.1 sees 127.0.0.1 at 127.0.0.1 | 127.0.0.1 127.0.0.1',
  'udp 127.0.0.1 sees 127.0.0.1 | 127.0.0.1 127.0.0.1',
  // The kernel's choice of a source address, 127.0.0.1 or 127.0.0.2, is left open.
  /^tcp 127\.0\.0\.2 sees (127\.0\.0\.[12]) at 127\.0\.0\.2 \| 127\.0\.0\.2 \1$/,
  'udp 127.0.0.2 sees 127.0.0.2 | 127.0.0.2 127.0.0.2',
  'tcp ::1 sees ::1 at ::1 | ::1 ::1',
  'udp ::1 sees ::1 | ::1 ::1',
  'from 127.0.0.1 sees 127.0.0.2 at 127.0.0.1 | 127.0.0.2',
];

const addresses = (...list: string[]) => list.map((address) => `ip -6 addr add ${address}/128 dev lo nodad`).join('\n');
// The kernel takes source addresses from interfaces alone, so 127.0.0.1 has to be on one; the rest is local by the route.
const anyIP = (prefix: string, first: string) => `${addresses(first)}
ip -6 route add local ${prefix} dev lo src ${first}
echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind`;

const CASES: [title: string, kinds: Kind[], loopback: string | undefined, prepare: string][] = [
  ['plain', ['dual'], undefined, ''],
  [
    'a /96 whose addresses are on lo',
    ['noinet', 'lo4'],
    'fd00:7f::/96',
    addresses('fd00:7f::7f00:1', 'fd00:7f::7f00:2'),
  ],
  [
    'a /104 whose addresses are on lo',
    ['noinet'],
    'fd00:7f::7f00:0/104',
    addresses('fd00:7f::7f00:1', 'fd00:7f::7f00:2'),
  ],
  [
    'a /96 that is local by a route, with ip_nonlocal_bind',
    ['noinet', 'v6'],
    'fd00:7f::/96',
    anyIP('fd00:7f::/96', 'fd00:7f::7f00:1'),
  ],
];

for (const [title, kinds, loopback, prepare] of CASES) {
  hostTest(test, kinds, `loopback addresses differ across processes: ${title}`, async (t, kind) => {
    const { stdout, stderr } = await runOnHost(kind, [program], {
      env: { V6ONLY_POLICY: loopback && policy(loopback) },
      command: ['sh', '-ec', `${prepare}\nexec "$@"`, 'sh', nodeUnderTest],
    });
    t.is(stderr, '');
    const lines = stdout.trim().split('\n');
    t.is(lines.length, expected.length, stdout);
    for (const [i, line] of lines.entries()) {
      if (typeof expected[i] === 'string') t.is(line, expected[i]);
      else t.regex(line, expected[i]);
    }
  });
}

const absent = path.join(scratch, 'absent.cjs');
writeFileSync(
  absent,
  `const server = require('net').createServer();
   server.on('error', (error) => console.log(error.message, '|', error.cause?.code));
   server.listen(4301, '127.0.0.1');`,
);

hostTest(test, ['noinet'], 'an address of the prefix that is not on the host says EADDRNOTAVAIL', async (t, kind) => {
  const { stdout } = await runOnHost(kind, [absent], { env: { V6ONLY_POLICY: policy('fd00:7f::/96') } });
  t.is(stdout, 'listen EADDRNOTAVAIL: address not available 127.0.0.1:4301 | V6ONLY_NO_SUCH_ADDRESS\n');
});
