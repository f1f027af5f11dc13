'use strict';
// fork with a socket and a server sent along, spawn, exec with a shell, node --test: children speak IPv4 as well
const assert = require('node:assert/strict');
const { execFile, exec, fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { promisify } = require('node:util');

async function parent() {
  const { done, REMOTE, temporary, within } = await import('../../../build/test/packages/support/program.js');
  const server = net.createServer((socket) => {
    // A child may be gone before it has read all.
    socket.on('error', () => {});
    socket.end('from the parent');
  });
  server.listen(7000, '0.0.0.0');
  await once(server, 'listening');
  const talk = async (host, port) =>
    (await within(5000, `${host}:${port}`, net.connect(port, host).toArray())).join('');

  const child = fork(__filename, ['child']);
  const handed = net
    .createServer({ pauseOnConnect: true }, (socket) => child.send('socket', socket))
    .listen(7001, '127.0.0.1');
  await once(handed, 'listening');
  assert.equal(await talk('127.0.0.1', 7001), 'socket 127.0.0.1 127.0.0.1');
  const given = net.createServer().listen(7002, '0.0.0.0');
  await once(given, 'listening');
  child.send('server', given);
  await once(child, 'message');
  given.close();
  assert.match(await talk(REMOTE, 7002), /^server \d+\.\d+\.\d+\.\d+ 203\.0\.113\.7$/);
  child.kill();

  const program = `require('net').connect(7000, '${REMOTE}').on('data', (d) => console.log(String(d)))`;
  assert.equal((await promisify(execFile)(process.execPath, ['-e', program])).stdout, 'from the parent\n');
  const inShell = await promisify(exec)(`"${process.execPath}" -e "$PROGRAM"`, {
    env: { ...process.env, PROGRAM: program },
  });
  assert.equal(inShell.stdout, 'from the parent\n');
  const file = path.join(temporary(), 'a.test.mjs');
  fs.writeFileSync(
    file,
    `import test from 'node:test'; import { once } from 'node:events'; import net from 'node:net';
     test('IPv4', async () => { await once(net.connect(7000, '127.0.0.1'), 'connect'); process.exitCode = 0; });`,
  );
  const env = { ...process.env };
  delete env.NODE_TEST_CONTEXT;
  const tested = await promisify(execFile)(
    process.execPath,
    ['--test', '--test-reporter=tap', '--test-force-exit', file].filter(
      (a) => a !== '--test-force-exit' || Number(process.versions.node.split('.')[0]) >= 22,
    ),
    { env },
  );
  assert.match(tested.stdout, /# pass 1/);
  done();
}

const show = (what, socket) => socket.end(`${what} ${socket.remoteAddress} ${socket.localAddress}`);
if (process.argv[2] === 'child') {
  process.on('message', (what, handle) => {
    if (what === 'socket') show(what, handle);
    else {
      handle.on('connection', (socket) => show(what, socket));
      process.send('listening');
    }
  });
} else parent();
