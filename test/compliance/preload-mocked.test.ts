// Other code may have replaced what v6only needs before it is loaded, and the environment may contain anything.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { evalOnHost, hostTest, nodeUnderTest, registerPath, runOnHost } from '../support/host.js';
import { writeWhole } from '../support/write-whole.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-mocked-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

const script = (name: string, text: string) => writeWhole(path.join(scratch, name), text);

for (const [what, mock] of [
  ['syncBuiltinESMExports throws', `require('module').syncBuiltinESMExports = fail;`],
  ['fs.statSync throws', `require('fs').statSync = fail;`],
  ['process.argv is gone', 'process.argv = undefined;'],
  ['process.env is gone', 'process.env = undefined;'],
  ['process.execArgv is gone', 'process.execArgv = undefined;'],
] as const) {
  hostTest(test, ['v6'], `where ${what}, the program runs without the hook, told once`, async (t, kind) => {
    const app = script(
      `${what.replaceAll(' ', '-')}.cjs`,
      `const { writeSync } = require('fs');
       const fail = () => { throw new Error('mocked'); };
       const present = () => [require('net').Socket.prototype.connect, require('dns').lookup, require('worker_threads').Worker];
       const before = present(), { argv, env, execArgv } = process;
       ${mock}
       require(${JSON.stringify(registerPath)});
       // Before the warning, which Node.js 20 itself cannot print without an environment.
       Object.assign(process, { argv, env, execArgv });
       writeSync(1, String(present().every((one, i) => one === before[i])));`,
    );
    const { code, stdout, stderr } = await runOnHost(kind, [app], { hook: false });
    t.deepEqual([code, stdout], [0, 'true'], stderr);
    t.is(stderr.match(/V6ONLY_UNSUPPORTED_RUNTIME/g)?.length, 1, stderr);
  });
}

const sends = script(
  'sends.cjs',
  `const { writeSync } = require('fs');
   const socket = require('dgram').createSocket('udp4');
   socket.send('x', 9, '203.0.113.7', (error) => {
     writeSync(1, String(error));
     socket.close();
   });`,
);
for (const [what, mock] of [
  ['os.networkInterfaces throws', `require('os').networkInterfaces = () => { throw new Error('mocked'); };`],
  [
    'os.networkInterfaces names no address',
    `require('os').networkInterfaces = () => ({ eth0: undefined, eth1: null, eth2: [{}] });`,
  ],
  ['process.execArgv is sealed', 'Object.seal(process.execArgv);'],
  ['dns.Resolver is extended', `const dns = require('dns'); dns.Resolver = class extends dns.Resolver {};`],
] as const) {
  hostTest(test, ['v6'], `where ${what}, the program has the hook`, async (t, kind) => {
    const preload = script(`${what.replaceAll(' ', '-')}.cjs`, mock);
    const { stdout, stderr } = await runOnHost(kind, ['-r', preload, '-r', registerPath, sends], { hook: false });
    t.deepEqual([stdout, stderr], ['null', '']);
  });
}

hostTest(
  test,
  ['v6'],
  'a standard error that cannot be written does not end a program with "log": "debug"',
  async (t, kind) => {
    const { code, stdout } = await runOnHost(kind, [sends], {
      command: ['sh', '-c', 'exec "$0" "$@" 2>/dev/full', nodeUnderTest],
      env: { V6ONLY_POLICY: '{"log":"debug"}' },
    });
    t.deepEqual([code, stdout], [0, 'null']);
  },
);

hostTest(
  test,
  ['v6'],
  'an environment that throws when it is read leaves the program without the hook',
  async (t, kind) => {
    const app = script(
      'environment.cjs',
      `const { env } = process;
     process.env = new Proxy({}, { get() { throw new Error('mocked'); } });
     require(${JSON.stringify(registerPath)});
     process.env = env;
     require('fs').writeSync(1, 'runs');`,
    );
    const { stdout, stderr } = await runOnHost(kind, [app], { hook: false });
    t.is(stdout, 'runs', stderr);
    t.regex(stderr, /V6ONLY_UNSUPPORTED_RUNTIME/);
  },
);

for (const value of ['x', 'null', '["y"]', '{"PATH":1}']) {
  hostTest(test, ['v6'], `an inherited V6ONLY_WORKER_CHANGED=${value} changes nothing`, async (t, kind) => {
    const source = `
      const { SHARE_ENV, Worker } = require('worker_threads');
      const { once } = require('events');
      const seen = 'const { env } = process; require("worker_threads").parentPort.postMessage([env.V6ONLY_WORKER_CHANGED, env.PATH, !!globalThis[Symbol.for("v6only.installation.1")]])';
      const expected = JSON.stringify([undefined, process.env.PATH, true]);
      (async () => {
        const all = [process.env.V6ONLY_WORKER_CHANGED === undefined];
        for (const options of [{}, { env: SHARE_ENV }, { env: { ...process.env } }]) {
          const [message] = await once(new Worker(seen, { eval: true, ...options }), 'message');
          all.push(JSON.stringify(message) === expected);
        }
        console.log(all.join());
      })();`;
    const { stdout, stderr } = await evalOnHost(kind, source, { env: { V6ONLY_WORKER_CHANGED: value } });
    t.is(stdout, 'true,true,true,true\n', stderr);
  });
}
