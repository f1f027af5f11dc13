// `children: false`: the program has the hook, and nothing that it starts, however the hook was given to the program.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { hostTest, registerPath, registerUrl, runOnHost } from '../support/host.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-without "x" '));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));
const link = path.join(scratch, 'a link.js');
symlinkSync(registerPath, link);
mkdirSync(path.join(scratch, 'node_modules'));
symlinkSync(path.dirname(registerPath), path.join(scratch, 'node_modules/v6only'));
const policy = path.join(scratch, 'policy.json');
writeFileSync(policy, JSON.stringify({ children: false, nat64: '64:ff9b::/96' }));
const other = path.join(scratch, 'other.cjs');
writeFileSync(other, 'globalThis.other = true;');

const HAS = `console.log(process.argv[2] ?? 'eval', !!globalThis[Symbol.for('v6only.installation.1')], !!globalThis.other);`;
const child = path.join(scratch, 'child.cjs');
writeFileSync(child, HAS);
const forker = path.join(scratch, 'forker.cjs');
writeFileSync(forker, `require('node:child_process').fork(${JSON.stringify(child)}, ['worker-fork']);`);
const program = path.join(scratch, 'program.cjs');
writeFileSync(
  program,
  `const { execFileSync, fork, spawnSync } = require('node:child_process');
   const { once } = require('node:events');
   const { SHARE_ENV, Worker } = require('node:worker_threads');
   const child = ${JSON.stringify(child)};
   process.argv[2] = 'program';
   ${HAS}
   (async () => {
     await once(fork(child, ['fork']), 'exit');
     await once(fork(child, ['fork-argv'], { execArgv: [...process.execArgv] }), 'exit');
     console.log(execFileSync(process.execPath, [child, 'spawn'], { encoding: 'utf8' }).trim());
     console.log(spawnSync(process.execPath, [child, 'spawnSync'], { encoding: 'utf8' }).stdout.trim());
     for (const [name, options] of Object.entries({
       worker: {}, 'worker-argv': { execArgv: [...process.execArgv] }, 'worker-env': { env: { ...process.env } }, 'worker-share': { env: SHARE_ENV },
     })) await once(new Worker(child, { argv: [name], ...options }), 'exit');
     await once(new Worker(${JSON.stringify(forker)}), 'exit');
     const forks = (name) => 'require("node:child_process").fork(' + JSON.stringify(child) + ', [' + JSON.stringify(name) + ']);';
     await once(new Worker(forks('eval-fork'), { eval: true }), 'exit');
     await once(new Worker(forks('eval-fork'), { eval: true, env: { ...process.env } }), 'exit');
     const nested = 'new (require("node:worker_threads").Worker)(' + JSON.stringify(forks('nested-fork')) + ', { eval: true })';
     await once(new Worker(nested, { eval: true }), 'exit');
   })();`,
);

const quoted = (file: string) => `"${file.replace(/["\\]/g, '\\$&')}"`;
const linkUrl = new URL(`file://${link.split('/').map(encodeURIComponent).join('/')}`).href;
type Preload = [flags: string[], env?: NodeJS.ProcessEnv];
const viaOptions = (NODE_OPTIONS: string): Preload => [[], { NODE_OPTIONS }];
const WAYS: [way: string, preload: Preload][] = [
  ['-r', [['-r', registerPath]]],
  ['-r by name', [['-r', 'v6only/register']]],
  ['--require', [['--require', registerPath]]],
  ['--require=', [[`--require=${registerPath}`]]],
  ['-r and a relative path', [['-r', `./${path.basename(link)}`]]],
  ['--require= and a link', [[`--require=${link}`]]],
  ['--import', [['--import', registerUrl.href]]],
  ['--import=', [[`--import=${registerUrl.href}`]]],
  ['NODE_OPTIONS=-r', viaOptions(`-r ${registerPath}`)],
  ['NODE_OPTIONS with quotes', viaOptions(`--no-warnings --require ${quoted(link)}`)],
  ['NODE_OPTIONS with quotes around all', viaOptions(`"--require=${quoted(link).slice(1, -1)}"`)],
  ['NODE_OPTIONS=--import', viaOptions(`--import=${quoted(linkUrl)}`)],
  ['both', [['-r', registerPath], { NODE_OPTIONS: `--import ${registerUrl.href}` }]],
];

for (const [way, [flags, env = {}]] of WAYS) {
  hostTest(test, ['v6'], `children: false, with the hook by ${way}`, async (t, kind) => {
    const command = [
      'sh',
      '-c',
      'cd "$1" && shift && exec "$@"',
      'sh',
      scratch,
      process.env.V6ONLY_TEST_NODE || process.execPath,
    ];
    const args = ['-r', other, ...flags, program];
    const { stdout, stderr, code } = await runOnHost(kind, args, {
      hook: false,
      command,
      env: { V6ONLY_POLICY: policy, ...env },
    });
    t.is(code, 0, stderr);
    t.deepEqual(stdout.trim().split('\n').sort(), [
      // Preloads of somebody else stay.
      'eval-fork false true',
      'eval-fork false true',
      'fork false true',
      'fork-argv false true',
      'nested-fork false true',
      'program true true',
      'spawn false false',
      'spawnSync false false',
      'worker false true',
      'worker-argv false true',
      'worker-env false true',
      'worker-fork false true',
      'worker-share false true',
    ]);
  });
}
