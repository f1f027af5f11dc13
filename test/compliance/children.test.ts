import assert from 'node:assert/strict';
import { exec, execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { SHARE_ENV, Worker, type WorkerOptions } from 'node:worker_threads';
import { echoServer, exchange, HOST4, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Node.js processes and threads that a program starts have the hook too.
const check = suite(import.meta.url);

const client = (port: number, say: string) =>
  `require('net').connect(${port}, '${HOST4}').on('connect', function () { ${say}(this.remoteAddress); this.destroy(); })`;

async function withServer<Result>(use: (port: number) => Promise<Result>): Promise<Result> {
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
    const command = `"${process.execPath}" -e "${client(port, 'console.log')}"`;
    assert.equal((await promisify(exec)(command)).stdout.trim(), HOST4);
  }),
);

check('fork, with the execArgv of the program and with an empty one', () =>
  withServer(async (port) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'v6only-fork-'));
    try {
      const script = path.join(folder, 'child.cjs');
      writeFileSync(script, `${client(port, 'process.send')}.on('close', () => process.disconnect());`);
      for (const execArgv of [process.execArgv, []]) {
        const [message] = await once(fork(script, { execArgv }), 'message');
        assert.equal(message, HOST4);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }),
);

check('bundlers and test runners that take the options apart find the hook in its long form alone', () => {
  const options = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(' ')];
  assert.ok(!options.includes('-r'), options.join(' '));
  for (const list of [process.execArgv.join(' '), process.env.NODE_OPTIONS])
    assert.match(list as string, /--require=\S+register\.js/);
});

/** What a worker thread posts first. */
async function fromWorker(source: string, options: WorkerOptions) {
  const worker = new Worker(source, { eval: true, ...options });
  try {
    return (await once(worker, 'message'))[0];
  } finally {
    await worker.terminate();
  }
}

const WORKERS: [what: string, options: WorkerOptions][] = [
  ['inheriting everything', {}],
  ['with an empty execArgv', { execArgv: [] }],
  ['with an environment of its own', { env: { ONLY: 'this' } }],
  ['with an empty environment and an empty execArgv', { env: {}, execArgv: [] }],
  ['with NODE_OPTIONS and execArgv of its own', { env: { NODE_OPTIONS: '' }, execArgv: ['--no-warnings'] }],
  ['sharing the environment', { env: SHARE_ENV }],
];

for (const [what, options] of WORKERS) {
  const post = "require('worker_threads').parentPort.postMessage";
  check(`a worker thread ${what}`, () =>
    withServer(async (port) => assert.equal(await fromWorker(client(port, post), options), HOST4)),
  );
  check(`a worker thread ${what} finds its environment as it was given, and gives on the hook`, async () => {
    const { NODE_OPTIONS, V6ONLY_NAT64 } = process.env;
    const source = `
      const { Worker, parentPort } = require('worker_threads');
      const { env, execArgv } = process;
      const prefix = () => globalThis[Symbol.for('v6only.installation.1')].context.prefixes.list().join();
      const inner = 'require("worker_threads").parentPort.postMessage((' + prefix + ')())';
      const worker = new Worker(inner, { eval: true });
      worker.on('message', (nested) => parentPort.postMessage({ env: { ...env }, execArgv, prefix: prefix(), nested }));`;
    const seen = await fromWorker(source, options);
    assert.deepEqual(seen.env, { ...(typeof options.env === 'object' ? options.env : process.env) });
    if (options.execArgv) assert.deepEqual(seen.execArgv, options.execArgv);
    assert.equal(seen.prefix, V6ONLY_NAT64);
    assert.equal(seen.nested, V6ONLY_NAT64);
    assert.equal(process.env.NODE_OPTIONS, NODE_OPTIONS);
  });
}

check('a worker thread whose options are no plain object', async () => {
  let reads = 0;
  class Options {
    readonly #env = { ONLY: 'this' };
    get eval() {
      return this.#env !== undefined;
    }
    get env() {
      reads++;
      return this.#env;
    }
    get workerData() {
      return Object.keys(this.#env);
    }
  }
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { context } = globalThis[Symbol.for('v6only.installation.1')];
    parentPort.postMessage([workerData, process.env.ONLY, context.prefixes.list().join()]);`;
  const { V6ONLY_NAT64 } = process.env;
  const frozen = Object.freeze({ eval: true, env: { ONLY: 'this' }, workerData: ['ONLY'] });
  for (const options of [new Options(), Object.freeze(new Options()), new Proxy(frozen, {})]) {
    const worker = new Worker(source, options);
    assert.deepEqual((await once(worker, 'message'))[0], [['ONLY'], 'this', V6ONLY_NAT64]);
    await worker.terminate();
  }
  // Node.js reads it three times.
  assert.ok(reads <= 6, `${reads}`);
  class Unreadable {
    readonly eval = true;
    get env(): never {
      throw new Error('of the program');
    }
  }
  assert.throws(() => new Worker('', new Unreadable()), { message: 'of the program' });
});

check('the Worker class is told apart by nothing', async () => {
  class Mine extends Worker {}
  const worker = new Mine('', { eval: true });
  assert.ok(worker instanceof Mine && worker instanceof Worker);
  assert.equal(worker.constructor, Mine);
  assert.equal(Object.getPrototypeOf(Mine.prototype).constructor, Worker);
  assert.equal(Worker.name, 'Worker');
  await once(worker, 'exit');
  assert.throws(() => (Worker as unknown as () => void)(), TypeError);
  assert.throws(() => new Worker('', { eval: true, env: 1 } as object), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(() => new Worker('', { eval: true, env: {}, execArgv: 'x' } as object), {
    code: 'ERR_INVALID_ARG_TYPE',
  });
});

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

/** Collects what v6only sends beside the handles: the messages whose `cmd` is its own. */
const NOTE_TAGS = `
  let tags = 0;
  process.on('internalMessage', ({ cmd }) => { if (cmd === 'NODE_V6ONLY_HANDLE') tags++; });`;

check('each handle has one message before it, however many wait for their turn', async () => {
  const COUNT = 6;
  const child = spawn(
    process.execPath,
    [
      '-e',
      `${NOTE_TAGS}
       const seen = [];
       process.on('message', (_, socket) => {
         seen.push(socket.remoteAddress);
         socket.destroy();
         if (seen.length === ${COUNT}) process.send({ seen, tags }, () => process.disconnect());
       });`,
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const server = net.createServer({ pauseOnConnect: true });
  const port = await listening(server);
  const clients = Array.from({ length: COUNT }, () => net.connect(port, HOST4).on('error', () => {}));
  const sockets: net.Socket[] = [];
  await new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      sockets.push(socket);
      if (sockets.length === COUNT) resolve();
    });
  });
  for (const socket of sockets) child.send('socket', socket);
  const [{ seen, tags }] = await once(child, 'message');
  assert.deepEqual(seen, Array(COUNT).fill(HOST4));
  const isTranslated = process.env.V6ONLY_CHECK_HOST !== 'dual';
  assert.equal(tags, isTranslated ? COUNT : 0);
  for (const socket of clients) socket.destroy();
  server.close();
});

check('a datagram socket is handed on without a deprecation warning', async () => {
  const script = `
    const dgram = require('dgram');
    const { spawn } = require('child_process');
    const child = spawn(process.execPath, ['-e', "process.on('message', (m, s) => { process.send(s.address().family); s.close(); process.disconnect(); })"],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const socket = dgram.createSocket('udp4').bind(0, '0.0.0.0', () => child.send('socket', socket));
    child.on('message', (family) => { console.log(family); socket.close(); });`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--pending-deprecation', '-e', script]);
  assert.equal(stdout.trim(), 'IPv4');
  assert.doesNotMatch(stderr, /DEP0112/);
});
