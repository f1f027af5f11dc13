import test from 'ava';
import { hostTest } from '../support/host.js';
import { HOST_A, HOST_B, onTwoHosts } from '../support/two-hosts.js';

// An address of a loopback prefix is one like any other to the kernel: other hosts of the link can send to it.
const policy = { loopback: 'fd00:7f::/96' };
/** An address of the other host's, out of the prefix. With a local route it is this host's own, and answers stay here. */
const STRANGER = 'fd00:7f::7f00:63';
const RECIPES = {
  'addresses on lo': 'ip addr add fd00:7f::7f00:1/128 dev lo nodad; ip addr add fd00:7f::7f00:2/128 dev lo nodad',
  'a local route': `ip addr add fd00:7f::7f00:1/128 dev lo nodad; ip route add local fd00:7f::/96 dev lo src fd00:7f::7f00:1
    echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind`,
};

const shell = (lines: string) => `require('child_process').execFileSync('sh', ['-ec', ${JSON.stringify(lines)}]);`;

for (const [recipe, prepare] of Object.entries(RECIPES)) {
  const sources = recipe === 'a local route' ? [HOST_A[0]] : [HOST_A[0], STRANGER];
  hostTest(
    test,
    ['noinet', 'v6', 'lo4'],
    `with a loopback prefix another host reaches nobody: ${recipe}`,
    async (t, kind) => {
      const { code, stdout, stderr } = await onTwoHosts(
        kind,
        {
          a: `${shell(`ip route add fd00:7f::/96 via ${HOST_B[0]} dev eth0; ip addr add ${STRANGER}/128 dev eth0 nodad`)}
            const ask = (port, host, localAddress) => new Promise((resolve) => {
              let text = '';
              net.connect({ port, host, localAddress }).on('data', (data) => (text += data)).on('error', () => {}).on('close', () => resolve(text || 'nothing'));
            });
            for (const source of ${JSON.stringify(sources)}) {
              const sender = await bound(dgram.createSocket('udp6'), 0, source);
              for (const address of ['fd00:7f::7f00:1', 'fd00:7f::7f00:2']) {
                say('tcp', await ask(4700, address, source));
                await new Promise((resolve) => sender.send('datagram', 4700, address, resolve));
              }
              sender.close();
            }
            say('heard', await ask(4701, '${HOST_B[0]}'));`,
          b: `${shell(`${prepare}
            ip route add ${STRANGER}/128 via ${HOST_A[0]} dev eth0 || true`)}
            const heard = [];
            for (const host of ['127.0.0.1', '127.0.0.2']) {
              const server = net.createServer((socket) => socket.on('error', () => {}).end(host));
              server.listen(4700, host);
              await once(server, 'listening');
              const socket = dgram.createSocket('udp4').on('message', (message) => heard.push(host + ' ' + message));
              await bound(socket, 4700, host);
            }
            // Those of this host are heard.
            const own = dgram.createSocket('udp4');
            for (const host of ['127.0.0.1', '127.0.0.2']) {
              await new Promise((resolve) => own.send('own', 4700, host, resolve));
              const [text] = await once(net.connect({ port: 4700, host }).setEncoding('utf8'), 'data');
              heard.push('tcp ' + text);
            }
            net.createServer(async (socket) => {
              for (let i = 0; i < 5; i++) await new Promise(setImmediate);
              socket.end(heard.sort().join(', '));
            }).listen(4701, '${HOST_B[0]}', () => console.log('ready'));`,
        },
        { policy },
      );
      t.is(stderr, '');
      t.is(
        stdout,
        `${'tcp nothing\n'.repeat(2 * sources.length)}heard 127.0.0.1 own, 127.0.0.2 own, tcp 127.0.0.1, tcp 127.0.0.2\n`,
      );
      t.is(code, 0);
    },
  );
}
