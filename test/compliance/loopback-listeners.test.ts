import test from 'ava';
import { evalOnHost, hostTest } from '../support/host.js';

// On a dual-stack host with `mode: always`, where everything is translated, a program that is not may knock from outside.
const EXTERNAL = '198.51.100.2';

hostTest(test, ['dual'], 'a TCP listener on 127.0.0.1 beside [::] ipv6Only hears nobody over IPv4', async (t, kind) => {
  const { stdout, stderr } = await evalOnHost(
    kind,
    `const net = require('net'), { execFileSync } = require('child_process');
     const listen = (options) => new Promise((resolve) => {
       const server = net.createServer((socket) => socket.end());
       server.listen({ port: 4480, ...options }, resolve);
     });
     listen({ host: '::', ipv6Only: true }).then(() => listen({ host: '127.0.0.1' })).then(() => {
       const knock = "const n = require('net'); const k = (h) => n.connect(4480, h).on('connect', function () { console.log(h, 'connected'); this.destroy(); }).on('error', (e) => console.log(h, e.code)); k('${EXTERNAL}'); k('127.0.0.1')";
       require('child_process').execFile(process.execPath, ['-e', knock], { env: { V6ONLY: 'off' } }, (error, stdout) => {
         console.log(error ?? stdout.split('\\n').sort().join('\\n').trim());
         process.exit();
       });
     });`,
    { env: { V6ONLY: 'always' } },
  );
  t.is(stderr, '');
  t.is(stdout, `127.0.0.1 ECONNREFUSED\n${EXTERNAL} ECONNREFUSED\n`);
});

hostTest(test, ['dual'], 'a UDP socket on 127.0.0.1 beside [::] ipv6Only hears nobody over IPv4', async (t, kind) => {
  const { stdout, stderr } = await evalOnHost(
    kind,
    `const dgram = require('dgram');
     const bind = (type, address, heard) => new Promise((resolve) => {
       const socket = dgram.createSocket({ type, ipv6Only: type === 'udp6' });
       socket.on('message', heard).bind({ port: 4480, address }, resolve);
     });
     bind('udp6', '::', () => console.log('udp6')).then(() => bind('udp4', '127.0.0.1', (message) => console.log(message + ''))).then(() => {
       const knock = "const s = require('dgram').createSocket('udp4'); const k = (h, f) => s.send(h, 4480, h, f); k('${EXTERNAL}', () => k('127.0.0.1', () => s.close()))";
       require('child_process').execFile(process.execPath, ['-e', knock], { env: { V6ONLY: 'off' } }, () => setTimeout(process.exit, 200));
     });`,
    { env: { V6ONLY: 'always' } },
  );
  t.is(stderr, '');
  t.is(stdout, '');
});
