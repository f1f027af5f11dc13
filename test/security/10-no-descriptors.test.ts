// Claim 10: no hook throws where Node.js would not, also where no descriptor is left; and nothing wrong is remembered.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { hostTest, nodeUnderTest, runOnHost } from '../support/host.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-descriptors-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

const program = path.join(scratch, 'program.cjs');
writeFileSync(
  program,
  `const dgram = require('node:dgram'), dns = require('node:dns'), fs = require('node:fs'), net = require('node:net');
   const said = {};
   process.on('uncaughtException', (error) => { said.uncaught = error.stack; });
   process.on('unhandledRejection', (error) => { said.unhandled = error.stack; });
   const call = (name, make) => new Promise((resolve) => {
     const tell = (outcome) => { said[name] ??= outcome; resolve(); };
     try { make(tell); } catch (error) { tell('throws ' + error.stack); }
   });
   const connect = (name) => call(name, (tell) => {
     const socket = net.connect(server.address().port, '203.0.113.7', () => { tell('connected'); socket.destroy(); });
     socket.on('error', ({ code }) => tell(code));
   });
   const echo = dgram.createSocket('udp4').on('message', () => {});
   const server = net.createServer((socket) => socket.on('error', () => {}).end());
   echo.bind(0, '0.0.0.0', () => server.listen(0, '0.0.0.0', async () => {
     await connect('before');
     const taken = [];
     for (;;) try { taken.push(fs.openSync('/dev/null')); } catch { break; }
     await Promise.all([
       connect('connect'),
       call('listen', (tell) => net.createServer().on('error', ({ code }) => tell(code)).listen(0, '0.0.0.0', () => tell('ok'))),
       call('bind', (tell) => dgram.createSocket('udp4').on('error', ({ code }) => tell(code)).bind(0, () => tell('ok'))),
       call('send', (tell) => dgram.createSocket('udp4').on('error', ({ code }) => tell(code)).send('x', 9, '203.0.113.7')),
       call('sendFromBound', (tell) => echo.send('x', echo.address().port, '203.0.113.9', (error) => tell(error ? error.code : 'sent'))),
       call('lookup', (tell) => dns.lookup('v4only.example.org', { family: 4 }, (error) => tell(error ? 'an error' : 'ok'))),
       call('promise', (tell) => dns.promises.lookup('v4only.example.org').then(() => tell('ok'), () => tell('an error'))),
     ]);
     for (const fd of taken) fs.closeSync(fd);
     await connect('after');
     console.log(JSON.stringify(said));
     process.exit();
   }));`,
);

hostTest(
  test,
  ['noinet', 'v6', 'lo4', 'docker', 'dual'],
  'calls fail as Node.js fails, and work again',
  async (t, kind) => {
    const { code, stdout, stderr } = await runOnHost(kind, [program], {
      command: ['sh', '-c', 'ulimit -n 48; exec "$0" "$@"', nodeUnderTest],
    });
    t.is(code, 0, stderr);
    const { sendFromBound, ...said } = JSON.parse(stdout);
    t.deepEqual(said, {
      before: 'connected',
      connect: 'EMFILE',
      listen: 'EMFILE',
      bind: 'EMFILE',
      send: 'EMFILE',
      lookup: 'an error',
      promise: 'an error',
      after: 'connected',
    });
    // Where the socket that it takes is there already, it is sent.
    t.true(['sent', 'EMFILE'].includes(sendFromBound), sendFromBound);
  },
);

// A complex glob, for which v6only loads picomatch, and name servers of the policy, for which it loads its own resolver.
const POLICY = JSON.stringify({
  nat64: '64:ff9b::/96',
  dns64: { servers: ['::1'] },
  rules: [{ match: 'db-?.example.org', to: 'refuse' }],
});
const byName = path.join(scratch, 'by-name.cjs');
writeFileSync(
  byName,
  `const dns = require('node:dns'), fs = require('node:fs'), net = require('node:net');
   const said = {};
   process.on('uncaughtException', (error) => { said.uncaught = error.stack; });
   process.on('unhandledRejection', (error) => { said.unhandled = error.stack; });
   const call = (name, make) => new Promise((resolve) => {
     const tell = (outcome) => { said[name] = outcome; resolve(); };
     try { make(tell); } catch (error) { tell('throws ' + error.stack); }
   });
   const lookup = (host, { all }, callback) =>
     process.nextTick(callback, null, all ? [{ address: '203.0.113.7', family: 4 }] : '203.0.113.7', 4);
   new net.Socket();
   console.error('');
   (async () => {
     const taken = [];
     for (;;) try { taken.push(fs.openSync('/dev/null')); } catch { break; }
     for (const host of ['web.example.org', 'db-1.example.org']) {
       await call('connect ' + host, (tell) => net.connect({ port: 9, host, lookup }).on('error', ({ code }) => tell(code)));
       await call('lookup ' + host, (tell) => dns.lookup(host, { family: 4 }, (error) => tell(error ? 'an error' : 'ok')));
       await call('promise ' + host, (tell) => dns.promises.lookup(host).then(() => tell('ok'), () => tell('an error')));
     }
     for (const fd of taken) fs.closeSync(fd);
     await call('after', (tell) => net.connect({ port: 9, host: 'db-1.example.org', lookup }).on('error', ({ code }) => tell(code)));
     console.log(JSON.stringify(said));
     process.exit();
   })();`,
);

hostTest(test, ['v6', 'lo4'], 'so do calls by name where a rule has a complex glob', async (t, kind) => {
  const { code, stdout, stderr } = await runOnHost(kind, [byName], {
    command: ['sh', '-c', 'ulimit -n 64; exec "$0" "$@"', nodeUnderTest],
    env: { V6ONLY_POLICY: POLICY, V6ONLY_NAT64: undefined },
  });
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), {
    'connect web.example.org': 'EMFILE',
    'lookup web.example.org': 'an error',
    'promise web.example.org': 'an error',
    // The rule refuses it before a socket is needed.
    'connect db-1.example.org': 'EACCES',
    'lookup db-1.example.org': 'an error',
    'promise db-1.example.org': 'an error',
    after: 'EACCES',
  });
});
