import test from 'ava';
import { evalOnHost, hostTest } from '../support/host.js';

// Claim 8: a host address of 192.0.0.0/29 leads nowhere until the program has read its own addresses. Whoever submits
// http://192.0.0.1/ to a program that has not reaches no server of this host.
const connect = (then: string) => `require('net').connect(7131, '192.0.0.1')
  .on('connect', function () { console.log('connected'); this.destroy(); })
  .on('error', ({ code }) => console.log(code))
  .on('close', () => { ${then} });`;

hostTest(
  test,
  ['v6', 'noinet', 'lo4'],
  'a host address that the program has not read leads nowhere',
  async (t, kind) => {
    const { stdout, stderr } = await evalOnHost(
      kind,
      `const server = require('net').createServer((socket) => socket.on('error', () => {})).listen(7131, '0.0.0.0', () => {
       ${connect(`require('os').networkInterfaces(); ${connect('server.close();')}`)}
     });`,
    );
    t.is(stdout, 'ENETUNREACH\nconnected\n', stderr);
  },
);
