import test from 'ava';
import { evalOnHost, hostTest } from '../support/host.js';
import { tlsIdentity } from '../support/sockets.js';

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

// lib/internal/tls/wrap.js forgets both where it gives a socket another handle.
const WITH_SESSION = `
  const tls = require('node:tls');
  require('node:child_process').execFileSync('ip', ['-6', 'route', 'add', 'unreachable', '2001:db8:64::/96']);
  const sessions = (socket) => socket.once('session', (session) => (socket.session = session)).once('secureConnect', () => (socket.isReused = socket.isSessionReused())).resume().on('error', console.error);
  const options = { port: 7118, servername: 'some.example.org', rejectUnauthorized: false, maxVersion: process.env.VERSION };
  const server = tls.createServer(${JSON.stringify({ key: `${tlsIdentity.key}`, cert: `${tlsIdentity.cert}` })}, (socket) => socket.end('hello')).listen(7118, '::', () => {
    const first = sessions(tls.connect({ ...options, host: '::1' })).once('close', () => {
      const second = sessions(tls.connect({ ...options, host: '203.0.113.7', session: process.env.GIVEN && first.session })).once('close', () => {
        console.log(second.isReused, Boolean(second.session));
        server.close();
      });
    });
  });`;

for (const VERSION of ['TLSv1.2', 'TLSv1.3']) {
  for (const GIVEN of ['yes', undefined]) {
    const what = GIVEN ? 'a session is resumed' : 'the new session is told';
    hostTest(test, ['v6'], `${VERSION}: on the way that wins ${what}`, async (t, kind) => {
      const env = { V6ONLY_NAT64: '2001:db8:64::/96,64:ff9b::/96', VERSION, GIVEN };
      const { stdout, stderr } = await evalOnHost(kind, WITH_SESSION, { env });
      t.is(stdout, GIVEN ? 'true false\n' : 'false true\n', stderr);
    });
  }
}
