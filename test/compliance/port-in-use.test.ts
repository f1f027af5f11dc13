import test from 'ava';
import { evalOnHost, hostTest, registerPath } from '../support/host.js';

// Natively 0.0.0.0:P is free where another program has [::]:P for IPv6 only. Here IPv4 comes in over IPv6, to that other one.
const cases = {
  TCP: {
    other: "require('net').createServer().listen({ port: 4490, host: '::', ipv6Only: true }, () => console.log('up'))",
    open: "require('net').createServer().listen(4490, '0.0.0.0', opened)",
  },
  UDP: {
    other: "require('dgram').createSocket({ type: 'udp6', ipv6Only: true }).bind(4490, () => console.log('up'))",
    open: "require('dgram').createSocket('udp4').bind(4490, '0.0.0.0', opened)",
  },
};

// A datagram socket without any IPv4 would hear nobody at all.
hostTest(
  test,
  ['noinet', 'v6'],
  'UDP: 0.0.0.0:P where another process has [::]:P and there is no IPv4',
  async (t, kind) => {
    const { stdout } = await evalOnHost(
      kind,
      `const child = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(cases.UDP.other)}], { env: {} });
     const end = (text) => { console.log(text); child.kill(); process.exit(); };
     child.stdout.once('data', () => require('dgram').createSocket('udp4').on('error', (error) => end(error.message)).bind(4490, '0.0.0.0', () => end('open')));`,
    );
    t.is(stdout, 'bind EADDRINUSE 0.0.0.0:4490\n');
  },
);

for (const [protocol, { other, open }] of Object.entries(cases)) {
  hostTest(
    test,
    protocol === 'TCP' ? ['noinet', 'lo4', 'dual'] : ['lo4', 'dual'],
    `${protocol}: 0.0.0.0:P where another process has [::]:P is warned of, since nobody will be heard`,
    async (t, kind) => {
      const { stdout, stderr } = await evalOnHost(
        kind,
        `const child = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(other)}], { env: {} });
         const opened = () => { console.log('open'); setTimeout(() => { child.kill(); process.exit(); }, 50); };
         child.stdout.once('data', () => ${open});`,
      );
      t.is(stdout, 'open\n');
      if (kind === 'dual') t.is(stderr, '');
      else
        t.regex(
          stderr,
          /^\(node:\d+\) \[V6ONLY_PORT_IN_USE\] V6OnlyWarning: 0\.0\.0\.0:4490 cannot be reached.*\[::\]:4490/,
        );
    },
  );
}

// On hosts without 127.0.0.1 another process's server there has ::1; one on the host's own address, an IPv6 address of it.
for (const host of ['127.0.0.1', '203.0.113.7']) {
  hostTest(
    test,
    ['noinet', 'v6', 'lo4', 'dual'],
    `TCP: 0.0.0.0:P is in use where another process has ${host}:P`,
    async (t, kind) => {
      const listen = (address: string) =>
        `require('net').createServer().on('error', (error) => end(error.message)).listen(4491, '${address}', `;
      const { stdout, stderr } = await evalOnHost(
        kind,
        `const other = ${JSON.stringify(`const end = console.log; ${listen(host)}() => console.log('up'))`)};
         const child = require('child_process').spawn(process.execPath, ['-r', ${JSON.stringify(registerPath)}, '-e', other], { stdio: ['ignore', 'pipe', 'inherit'] });
         const end = (text) => { console.log(text); child.kill(); process.exit(); };
         child.stdout.once('data', (text) => (String(text) === 'up\\n' ? ${listen('0.0.0.0')}() => end('open')) : end(text)));`,
      );
      t.is(stderr, '');
      t.is(stdout, 'listen EADDRINUSE: address already in use 0.0.0.0:4491\n');
    },
  );
}

// The address of this process that is taken too says nothing about the other process.
hostTest(test, ['lo4', 'dual'], 'TCP: the same beside a server of its own on ::1', async (t, kind) => {
  const listen = (address: string) =>
    `require('net').createServer().on('error', (error) => end(error.message)).listen(4492, '${address}', `;
  const { stdout } = await evalOnHost(
    kind,
    `const other = ${JSON.stringify(`const end = console.log; ${listen('203.0.113.7')}() => console.log('up'))`)};
     const child = require('child_process').spawn(process.execPath, ['-r', ${JSON.stringify(registerPath)}, '-e', other], { stdio: ['ignore', 'pipe', 'inherit'] });
     const end = (text) => { console.log(text); child.kill(); process.exit(); };
     child.stdout.once('data', () => ${listen('::1')}() => ${listen('0.0.0.0')}() => end('open'))));`,
  );
  t.is(stdout, 'listen EADDRINUSE: address already in use 0.0.0.0:4492\n');
});
