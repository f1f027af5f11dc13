// enable({ children: true }): what the program starts later has the hook, with the policy that was given.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { registerPath } from '../support/host.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url, { hook: false, on: ['lo4'], env: { V6ONLY_NAT64: undefined } });
const v6only = createRequire(import.meta.url)(path.join(path.dirname(registerPath), 'dist/index.js'));

const PREFIXES = "globalThis[Symbol.for('v6only.installation.1')]?.context.policy.nat64.join() ?? 'none'";
const child = () => execFileSync(process.execPath, ['-p', PREFIXES], { encoding: 'utf8' }).trim();
async function worker(options: WorkerOptions = {}): Promise<unknown> {
  const thread = new Worker(`require('node:worker_threads').parentPort.postMessage(${PREFIXES})`, {
    eval: true,
    ...options,
  });
  const [message] = await once(thread, 'message');
  return message;
}

for (const [children, expected] of [
  [true, '2001:db8:64::/96'],
  [undefined, 'none'],
  [false, 'none'],
]) {
  check(`children: ${children}`, async () => {
    const { NODE_OPTIONS, V6ONLY_POLICY } = process.env;
    v6only.enable({ nat64: '2001:db8:64::/96', ...(children !== undefined && { children }) });
    try {
      assert.equal(child(), expected);
      assert.equal(await worker(), expected);
      assert.equal(await worker({ env: {} }), expected);
    } finally {
      v6only.disable();
    }
    assert.equal(child(), 'none');
    assert.deepEqual([process.env.NODE_OPTIONS, process.env.V6ONLY_POLICY], [NODE_OPTIONS, V6ONLY_POLICY]);
  });
}

check('what the program adds to NODE_OPTIONS meanwhile stays, and the hook goes', () => {
  const { NODE_OPTIONS = '' } = process.env;
  v6only.enable({ nat64: '2001:db8:64::/96', children: true });
  process.env.NODE_OPTIONS += ' --no-warnings';
  v6only.disable();
  assert.equal(process.env.NODE_OPTIONS, `${NODE_OPTIONS} --no-warnings`.trim());
  process.env.NODE_OPTIONS = NODE_OPTIONS;
});

check('a frozen process.execArgv stays as it is', () => {
  Object.freeze(process.execArgv);
  v6only.enable({ children: true });
  v6only.disable();
  assert.equal(v6only.status().enabled, false);
});
