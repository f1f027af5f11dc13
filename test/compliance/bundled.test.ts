// v6only as a part of a bundle, and preloaded by the name of the package.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { buildSync } from 'esbuild';
import { hostTest, nodeUnderTest, registerPath, runOnHost } from '../support/host.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-bundled-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));
mkdirSync(path.join(scratch, 'node_modules'));
symlinkSync(path.dirname(registerPath), path.join(scratch, 'node_modules/v6only'));

/** Says `runs` once each time the bundle runs, then what a child process and a worker thread have. */
const program = (load: string) => `${load};
  const { execFileSync } = require('node:child_process');
  const { Worker } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  const HAS = "!!globalThis[Symbol.for('v6only.installation.1')]";
  writeSync(1, 'runs ' + eval(HAS) + ' ' + (process.env.NODE_OPTIONS ?? 'none') + '\\n');
  if (process.env.DEPTH) process.exit();
  const env = { ...process.env, DEPTH: '1' };
  writeSync(1, 'child ' + execFileSync(process.execPath, ['-p', HAS], { encoding: 'utf8', env }));
  new Worker("require('node:fs').writeSync(1, 'worker ' + " + HAS + " + '\\\\n')", { eval: true, env });`;

const ENABLE = "require('v6only').enable({ children: true })";
for (const [what, load, outfile, isWarned] of [
  ['v6only/register', "require('v6only/register')", 'bundle.cjs', true],
  // Some programs have a file of their own of this name.
  ['v6only/register', "require('v6only/register')", 'dist/preload.js', true],
  ['enable({ children: true })', ENABLE, 'enable.cjs', true],
  ['enable({ children: true })', ENABLE, 'dist/preload.js', true],
  ['enable()', "require('v6only').enable({})", 'quiet.cjs', false],
] as const) {
  hostTest(test, ['v6'], `${what} in the bundle ${outfile}: children do not run the bundle`, async (t, kind) => {
    const file = path.join(scratch, what.replace(/\W/g, ''), outfile);
    const stdin = { contents: program(load), resolveDir: scratch };
    buildSync({ stdin, outfile: file, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' });
    const { stdout, stderr, code } = await runOnHost(kind, [file], { hook: false });
    t.is(code, 0, stderr);
    t.deepEqual(stdout.trim().split('\n'), ['runs true none', 'child false', 'worker false']);
    t.is(stderr.match(/V6ONLY_BUNDLED/g)?.length ?? 0, isWarned ? 1 : 0, stderr);
  });
}

const hasHook = path.join(scratch, 'has-hook.cjs');
writeFileSync(hasHook, "console.log(!!globalThis[Symbol.for('v6only.installation.1')]);");
const publicFace = path.join(scratch, 'public.cjs');
writeFileSync(publicFace, "require('v6only').enable({ nat64: '64:ff9b::/96' }); require('./has-hook.cjs');");

for (const [way, flags, NODE_OPTIONS, file, expected] of [
  ['-r v6only', ['-r', 'v6only'], undefined, hasHook, [false, 1]],
  ['--import v6only', ['--import', 'v6only'], undefined, hasHook, [false, 1]],
  ['NODE_OPTIONS=--require=v6only', [], '--require=v6only', hasHook, [false, 1]],
  ['both', ['-r', 'v6only', '-r', 'v6only/register'], undefined, hasHook, [true, 0]],
  ['no option', [], undefined, publicFace, [true, 0]],
] as const) {
  hostTest(test, ['v6'], `the package is not the preload, and says so: ${way}`, async (t, kind) => {
    const { stdout, stderr, code } = await runOnHost(kind, [...flags, file], {
      hook: false,
      command: ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', scratch, nodeUnderTest],
      env: { NODE_OPTIONS },
    });
    t.is(code, 0, stderr);
    t.deepEqual(
      [stdout, stderr.match(/V6ONLY_WRONG_PRELOAD/g)?.length ?? 0],
      [`${expected[0]}\n`, expected[1]],
      stderr,
    );
  });
}
