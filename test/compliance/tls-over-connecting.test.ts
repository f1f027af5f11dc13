import test from 'ava';
import { evalOnHost, hostTest } from '../support/host.js';

// TLS keeps the handle of a socket with which `tls.connect({ socket })` was called before it was connected.
const SOURCE = `
  const net = require('node:net');
  require('node:child_process').execFileSync('ip', ['-6', 'route', 'add', 'unreachable', '2001:db8:64::/96']);
  const server = net.createServer((socket) => socket.on('error', () => {})).listen(7117, '0.0.0.0', () => {
    const raw = net.connect(7117, '203.0.113.7');
    const secure = require('node:tls').connect({ socket: raw });
    raw.on('close', () => server.close());
    for (const [name, socket] of [['raw', raw], ['tls', secure]])
      socket.on('error', ({ message }) => console.log(name, message)).on('close', () => console.log(name, 'close'));
  });`;

hostTest(
  test,
  ['v6'],
  'a connect whose handle TLS already reads from has one way, and says how it failed',
  async (t, kind) => {
    const env = { V6ONLY_NAT64: '2001:db8:64::/96,64:ff9b::/96' };
    const { stdout, stderr } = await evalOnHost(kind, SOURCE, { env });
    const message = 'connect EHOSTUNREACH 203.0.113.7:7117';
    t.deepEqual(
      stdout.trim().split('\n').sort(),
      [`raw ${message}`, 'raw close', 'tls close', `tls ${message}`].sort(),
      stderr,
    );
  },
);
