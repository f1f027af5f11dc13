// a single executable, made by node:sea and postject: the hook comes to it by NODE_OPTIONS, as to every child
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'postject';
import { done, REMOTE, temporary } from '../../../build/test/packages/support/program.js';

const run = promisify(execFile);
const folder = temporary();
const file = (name, text) => {
  fs.writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};

const main = file(
  'app.cjs',
  `const net = require('node:net');
   const server = net.createServer((socket) => socket.end('from ' + socket.remoteAddress)).listen(7000, '0.0.0.0', () =>
     net.connect(7000, '${REMOTE}').on('data', (data) => console.log(String(data))).on('close', () => server.close()));`,
);
const output = path.join(folder, 'app.blob');
const config = file('sea.json', JSON.stringify({ main, output, disableExperimentalSEAWarning: true }));
await run(process.execPath, ['--experimental-sea-config', config], { env: { ...process.env, NODE_OPTIONS: '' } });
const executable = path.join(folder, 'app');
fs.copyFileSync(process.execPath, executable);
await inject(executable, 'NODE_SEA_BLOB', fs.readFileSync(output), {
  sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
});
const { stdout } = await run(executable);
assert.equal(stdout, `from ${REMOTE}\n`);
done();
