// Children find the hook in every working directory, however it was given to the program.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { hostTest, nodeUnderTest, registerPath, runOnHost } from '../support/host.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-elsewhere-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));
mkdirSync(path.join(scratch, 'node_modules'));
symlinkSync(path.dirname(registerPath), path.join(scratch, 'node_modules/v6only'));
const relative = path.join(scratch, 'relative.js');
symlinkSync(registerPath, relative);

const HAS = `!!globalThis[Symbol.for('v6only.installation.1')]`;
const child = path.join(scratch, 'child.cjs');
writeFileSync(child, `console.log(process.argv[2], ${HAS});`);
const program = path.join(scratch, 'program.cjs');
writeFileSync(
  program,
  `const cluster = require('node:cluster');
   const { execFileSync, fork } = require('node:child_process');
   const { once } = require('node:events');
   const { Worker } = require('node:worker_threads');
   const child = ${JSON.stringify(child)};
   const { NODE_OPTIONS = '' } = process.env;
   // Only the flags of the command line are in execArgv.
   const flags = [...process.execArgv, NODE_OPTIONS].join(' ');
   console.log('options', flags.replaceAll(${JSON.stringify(`--require=${registerPath}`)}, 'HOOK').trim());
   (async () => {
     const inWorker = 'require("node:child_process").fork(' + JSON.stringify(child) + ', ["worker-fork"], { cwd: "/" })';
     for (const options of [{}, { env: {} }, { execArgv: [] }, { env: {}, execArgv: [] }, { env: {}, execArgv: null }]) {
       await once(new Worker(${JSON.stringify(`console.log('worker', ${HAS})`)}, { eval: true, ...options }), 'exit');
     }
     await once(new Worker(inWorker, { eval: true }), 'exit');
     process.chdir('/');
     await once(fork(child, ['fork']), 'exit');
     process.stdout.write(execFileSync(process.execPath, [child, 'spawn'], { encoding: 'utf8' }));
     cluster.setupPrimary({ exec: child, args: ['cluster'] });
     const worker = cluster.fork();
     await once(worker, 'online');
     worker.disconnect();
   })();`,
);

const BY_NAME = 'v6only/register';
const WAYS: [flags: string[], nodeOptions: string | undefined, options: string][] = [
  [['-r', BY_NAME], undefined, 'HOOK HOOK'],
  [['--require', './relative.js'], undefined, 'HOOK HOOK'],
  [[`--require=${BY_NAME}`], undefined, 'HOOK HOOK'],
  [['--import', BY_NAME], undefined, 'HOOK HOOK'],
  [[`--import=${BY_NAME}`, '--no-warnings', '-r', BY_NAME], undefined, 'HOOK --no-warnings HOOK'],
  [[], `--import=${BY_NAME}`, 'HOOK'],
  [[], `--no-warnings --import ${BY_NAME}`, '--no-warnings HOOK'],
  [[], '-r ./relative.js', 'HOOK'],
];

for (const [flags, NODE_OPTIONS, options] of WAYS) {
  const way = flags.length > 0 ? flags.join(' ') : `NODE_OPTIONS=${NODE_OPTIONS}`;
  hostTest(test, ['v6'], `children in another working directory have the hook: ${way}`, async (t, kind) => {
    const { stdout, stderr, code } = await runOnHost(kind, [...flags, program], {
      hook: false,
      command: ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', scratch, nodeUnderTest],
      env: { NODE_OPTIONS },
    });
    t.is(code, 0, stderr);
    t.deepEqual(stdout.trim().split('\n').sort(), [
      'cluster true',
      'fork true',
      `options ${options}`,
      'spawn true',
      ...Array(5).fill('worker true'),
      'worker-fork true',
    ]);
  });
}
