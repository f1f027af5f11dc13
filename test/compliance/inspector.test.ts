import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import inspector from 'node:inspector';
import net from 'node:net';
import { promisify } from 'node:util';
import { suite } from '../support/suite.js';

// Node's inspector binds 127.0.0.1 in C++, where no hook sees it: on a host without that address it is told ::1.
const check = suite(import.meta.url, { on: ['noinet', 'v6'] });

/** What Node.js says on stderr and stdout when a child process is started with these options. */
function child(options: string[], env: NodeJS.ProcessEnv = {}) {
  const script = 'console.log(process.debugPort, require("inspector").url())';
  return promisify(execFile)(process.execPath, [...options, '-e', script], { env: { ...process.env, ...env } });
}

const LISTENS = /^(\d+) ws:\/\/\[::1\]:\1\//;

for (const host of [undefined, null, '127.0.0.1', 'localhost']) {
  check(`inspector.open on ${host} listens on ::1, and nobody is warned of a public address`, async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.message);
    process.on('warning', note);
    inspector.open(0, host as string | undefined);
    const { hostname, port } = new URL(String(inspector.url()));
    assert.equal(hostname, '[::1]');
    await new Promise((resolve, reject) => {
      const socket = net.connect(Number(port), '127.0.0.1', () => resolve(socket.destroy()));
      socket.on('error', reject);
    });
    inspector.close();
    process.off('warning', note);
    assert.deepEqual(warnings, []);
  });
}

for (const where of ['0', '127.0.0.1:0', 'localhost:0']) {
  check(`--inspect=${where} listens on ::1, once the preload runs`, async () => {
    assert.match((await child([`--inspect=${where}`])).stdout, LISTENS);
  });
}

check('--inspect in NODE_OPTIONS beside the preload listens on ::1', async () => {
  const { stdout } = await child([], { NODE_OPTIONS: `${process.env.NODE_OPTIONS} --inspect=127.0.0.1:0` });
  assert.match(stdout, LISTENS);
});

check('without --inspect nothing listens', async () => {
  assert.equal((await child([])).stdout.trim(), '9229 undefined');
});

check('test runners, clusters and bundlers find no option of the inspector in NODE_OPTIONS', () => {
  assert.doesNotMatch(process.env.NODE_OPTIONS as string, /inspect/);
});

check('a child process with a number among its arguments starts as ever', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-p', 'process.argv[1]', 7 as unknown as string]);
  assert.equal(stdout.trim(), '7');
});
