// jest and vitest: tests that run in contexts, workers and child processes, with the clock stopped too
// needs: node 22
// hosts: noinet
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { done, REMOTE, temporary } from '../../../build/test/packages/support/program.js';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const folder = temporary();
fs.symlinkSync(path.join(import.meta.dirname, '..', 'node_modules'), path.join(folder, 'node_modules'));
const file = (name, text) => {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), text);
};

/** A test file, of `fakes` and what the runner calls its functions. */
const tests = (head, useFakes, useReal) => `${head}
const peerOf = () => new Promise((resolve, reject) => {
  const server = net.createServer((socket) => socket.end(String(socket.remoteAddress))).listen(0, '0.0.0.0', () => {
    net.connect(server.address().port, '${REMOTE}').on('error', reject).on('data', (data) => { server.close(); resolve(String(data)); });
  });
});
test('connects', async () => { expect(await peerOf()).toBe('${REMOTE}'); });
test('connects while the clock stands still', async () => {
  ${useFakes}
  try { expect(await peerOf()).toBe('${REMOTE}'); } finally { ${useReal} }
});
test('has the errors of IPv4', async () => {
  const error = await new Promise((resolve) => net.connect(9, '${REMOTE}').on('error', resolve));
  expect([error.code, error.address]).toEqual(['ECONNREFUSED', '${REMOTE}']);
});
test('mocks stay mocks', async () => {
  const spy = SPY.spyOn(net.Socket.prototype, 'connect');
  expect(await peerOf()).toBe('${REMOTE}');
  expect(spy).toHaveBeenCalledTimes(1);
  spy.mockRestore();
  expect(await peerOf()).toBe('${REMOTE}');
});
`;
const options = { cwd: folder, timeout: 50_000, env: { ...process.env, CI: 'true', NO_COLOR: '1' } };
const fakes = "SPY.useFakeTimers({ FAKED: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });";

file('package.json', '{}');
file(
  'jest/a.test.js',
  tests(
    "const net = require('net'); const SPY = jest;",
    "jest.useFakeTimers({ doNotFake: ['nextTick'] });",
    'jest.useRealTimers();',
  ),
);
file(
  'jest.config.json',
  '{"testEnvironment":"node","rootDir":"jest","cache":false,"watchman":false,"haste":{"enableSymlinks":false}}',
);
const jest = path.join(path.dirname(require.resolve('jest/package.json')), 'bin', 'jest.js');
const found = await run(process.execPath, [jest, '--config', 'jest.config.json', '--maxWorkers=1'], options);
assert.match(found.stderr, /Tests: +4 passed, 4 total/);

const vitest = path.join(path.dirname(require.resolve('vitest/package.json')), 'vitest.mjs');
file(
  'vitest/a.test.mjs',
  tests(
    "import net from 'node:net'; import { test, expect, vi as SPY } from 'vitest';",
    fakes.replace('FAKED', 'toFake'),
    'SPY.useRealTimers();',
  ),
);
const args = [vitest, 'run', '--root', 'vitest', '--pool', 'threads', '--maxWorkers=1'];
const { stdout } = await run(process.execPath, args, options);
assert.match(stdout, /Tests +4 passed/);
done();
