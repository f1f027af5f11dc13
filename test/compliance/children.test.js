import assert from 'node:assert/strict';
import { exec, execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { echoServer, exchange, HOST4, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Node.js processes and threads that a program starts have the hook too.
const check = suite(import.meta.url);

const client = (port, say) =>
  `require('net').connect(${port}, '${HOST4}').on('connect', function () { ${say}(this.remoteAddress); this.destroy(); })`;

async function withServer(use) {
  const { server, port } = await echoServer();
  try {
    return await use(port);
  } finally {
    server.close();
  }
}

check('spawn', () =>
  withServer(async (port) => {
    const child = spawn(process.execPath, ['-e', client(port, 'console.log')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    assert.equal(String(await once(child.stdout, 'data')).trim(), HOST4);
  }),
);

check('exec and execFile', () =>
  withServer(async (port) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', client(port, 'console.log')]);
    assert.equal(stdout.trim(), HOST4);
    const command = `"${process.execPath}" -p "require('net').isIPv4('1.2.3.4')"`;
    assert.equal((await promisify(exec)(command)).stdout.trim(), 'true');
  }),
);

check('fork, with the execArgv of the program and with an empty one', () =>
  withServer(async (port) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'v6only-fork-'));
    const script = path.join(folder, 'child.cjs');
    writeFileSync(script, `${client(port, 'process.send')}.on('close', () => process.disconnect());`);
    for (const execArgv of [process.execArgv, []]) {
      const [message] = await once(fork(script, { execArgv }), 'message');
      assert.equal(message, HOST4);
    }
    rmSync(folder, { recursive: true });
  }),
);

for (const [what, options] of [
  ['inheriting everything', {}],
  ['with an empty execArgv', { execArgv: [] }],
  ['with an environment of its own', { env: { ONLY: 'this' } }],
  ['sharing the environment', { env: SHARE_ENV }],
]) {
  check(`a worker thread ${what}`, () =>
    withServer(async (port) => {
      const worker = new Worker(client(port, "require('worker_threads').parentPort.postMessage"), {
        eval: true,
        ...options,
      });
      const [message] = await once(worker, 'message');
      assert.equal(message, HOST4);
      await worker.terminate();
    }),
  );
}

check('a server handed to a child process accepts IPv4 clients there', async () => {
  const { server, port } = await echoServer();
  const child = spawn(
    process.execPath,
    [
      '-e',
      `process.on('message', (_, server) => {
         server.on('connection', (socket) => socket.end('child sees ' + socket.remoteAddress));
         process.send('ready');
       });`,
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  child.send('server', server);
  await once(child, 'message');
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await exchange({ port, host: HOST4 }), `child sees ${HOST4}`);
  child.kill();
});

check('a connection handed to a child process keeps its addresses', async () => {
  const child = spawn(
    process.execPath,
    ['-e', `process.on('message', (_, socket) => socket.end(socket.remoteAddress + ' ' + socket.remoteFamily));`],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const server = net.createServer({ pauseOnConnect: true }, (socket) => child.send('socket', socket));
  const port = await listening(server);
  assert.equal(await exchange({ port, host: HOST4 }), `${HOST4} IPv4`);
  child.kill();
  server.close();
});
