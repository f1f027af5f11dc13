// Claim 15: under Node's permission model the hook allows a program nothing that it could not do without it.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { hostTest, nodeUnderTestMajor, registerPath, runOnHost } from '../support/host.js';

const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'v6only-permission-')));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));
const empty = path.join(scratch, 'empty.cjs');
writeFileSync(empty, '');
const program = path.join(scratch, 'program.cjs');
writeFileSync(
  program,
  `const tries = {
     read: () => require('fs').readFileSync('/etc/passwd'),
     write: () => require('fs').writeFileSync(${JSON.stringify(path.join(scratch, 'written'))}, ''),
     spawn: () => new Promise((resolve, reject) => require('child_process').spawn(process.execPath, ['-v']).on('error', reject).on('exit', resolve)),
     spawnSync: () => { const { error } = require('child_process').spawnSync(process.execPath, ['-v']); if (error) throw error; },
     fork: () => new Promise((resolve, reject) => require('child_process').fork(${JSON.stringify(empty)}).on('error', reject).on('exit', resolve)),
     worker: () => new (require('worker_threads').Worker)('', { eval: true }),
     workerWithEnvironment: () => new (require('worker_threads').Worker)('', { eval: true, env: {}, execArgv: [] }),
     binding: () => process.binding('tcp_wrap'),
     addon: () => process.dlopen({ exports: {} }, '/nowhere.node'),
     inspector: () => new (require('inspector').Session)().connect(),
     connect: () => new Promise((resolve, reject) => require('net').connect(9, '203.0.113.7').on('error', reject).on('connect', resolve)),
     listen: () => new Promise((resolve, reject) => { const server = require('net').createServer().on('error', reject).listen(0, '0.0.0.0', () => server.close(resolve)); }),
     bind: () => new Promise((resolve, reject) => { const socket = require('dgram').createSocket('udp4').on('error', reject).bind(0, '0.0.0.0', () => socket.close(resolve)); }),
     lookup: () => new Promise((resolve, reject) => require('dns').lookup('localhost', { family: 4 }, (error) => (error ? reject(error) : resolve()))),
   };
   (async () => {
     const outcomes = {};
     for (const [name, attempt] of Object.entries(tries)) {
       // Node.js 26.12 throws what it refuses a listener where nobody can catch it.
       const thrown = new Promise((_, reject) => process.once('uncaughtException', reject));
       thrown.catch(() => {});
       try { await Promise.race([attempt(), thrown]); outcomes[name] = 'allowed'; } catch (error) { outcomes[name] = error.code ?? error.name; }
       process.removeAllListeners('uncaughtException');
     }
     console.log(JSON.stringify(outcomes));
     process.exit();
   })();`,
);
const flag = nodeUnderTestMajor >= 24 ? '--permission' : '--experimental-permission';

const ALLOWED: [what: string, more: string[]][] = [
  ['nothing is allowed', []],
  ...(nodeUnderTestMajor >= 25 ? [['the network is allowed', ['--allow-net']] as [string, string[]]] : []),
  ['child processes and workers are allowed', ['--allow-child-process', '--allow-worker']],
];

for (const [what, more] of ALLOWED) {
  hostTest(test, ['dual'], `what the permission model refuses stays refused where ${what}`, async (t, kind) => {
    const readable = [program, empty, `${path.dirname(registerPath)}/*`].map((file) => `--allow-fs-read=${file}`);
    const outcomes = async (hook: 'require' | false) => {
      const { stdout, stderr } = await runOnHost(kind, [flag, ...readable, ...more, program], { hook });
      t.regex(stdout, /^\{/, stderr);
      return JSON.parse(stdout);
    };
    const without = await outcomes(false);
    t.is(without.read, 'ERR_ACCESS_DENIED');
    t.deepEqual(await outcomes('require'), without);
  });
}
