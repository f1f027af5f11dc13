// Patches the process, so each case runs in a process of its own. The packages are stand-ins by name: what is tested is
// that they are noticed, by whatever way they are loaded.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { NATIVE_PACKAGES, packagesOf } from '../../../src/hooks/process/native-packages.js';
import { compiled } from '../../support/paths.js';

const build = compiled('src/');

/** Runs `source` as app.js (or app.mjs) beside these packages, after the watch has begun; returns what was warned of. */
async function warnings(
  t: ExecutionContext,
  source: string,
  {
    packages = {},
    name = 'app.js',
    hasIPv4 = false,
    log = 'warn',
  }: { packages?: Record<string, string>; name?: string; hasIPv4?: boolean; log?: string } = {},
) {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only-packages-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(packages)) {
    mkdirSync(path.dirname(path.join(root, 'node_modules', file)), { recursive: true });
    writeFileSync(path.join(root, 'node_modules', file), text);
  }
  const context = `{ translator: { hasGeneralRoute: () => ${hasIPv4} }, policy: ${JSON.stringify({ log })} }`;
  writeFileSync(
    path.join(root, 'watch.cjs'),
    `require(${JSON.stringify(`${build}hooks/process/packages.js`)}).watchPackages(${context});`,
  );
  writeFileSync(path.join(root, name), source);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '-r',
    path.join(root, 'watch.cjs'),
    path.join(root, name),
  ]);
  t.is(stdout.trim(), 'done');
  return stderr.split('\n').filter((line) => line.includes('V6ONLY_NATIVE_SOCKETS'));
}

const ZEROMQ = { 'zeromq/index.js': 'exports.name = "zeromq"' };

test('a package that is required is told once, by name, with what to do', async (t) => {
  const source = "require('zeromq'); require('zeromq'); if (require('zeromq').name === 'zeromq') console.log('done')";
  const told = await warnings(t, source, { packages: ZEROMQ });
  t.is(told.length, 1);
  t.regex(told[0], /zeromq opens sockets in native code \(libzmq\).*CLAT/);
});

test('where the host has IPv4 nothing is said', async (t) => {
  t.deepEqual(await warnings(t, "require('zeromq'); console.log('done')", { packages: ZEROMQ, hasIPv4: true }), []);
});

test('log: silent says nothing', async (t) => {
  t.deepEqual(await warnings(t, "require('zeromq'); console.log('done')", { packages: ZEROMQ, log: 'silent' }), []);
});

test('a package of the same kind of name is not one', async (t) => {
  const packages = { 'zeromq-tools/index.js': '' };
  t.deepEqual(await warnings(t, "require('zeromq-tools'); console.log('done')", { packages }), []);
});

test('an addon that an ES module loads is noticed, in a package for the platform too', async (t) => {
  const packages = {
    '@temporalio/core-bridge/index.mjs': `import { createRequire } from 'node:module';
try { createRequire(import.meta.url)('./releases/linux/index.node'); } catch {}`,
    '@temporalio/core-bridge/package.json': '{"type": "module", "exports": "./index.mjs"}',
    '@temporalio/core-bridge/releases/linux/index.node': 'not an addon',
  };
  const told = await warnings(t, "import '@temporalio/core-bridge'; console.log('done')", {
    packages,
    name: 'app.mjs',
  });
  t.is(told.length, 1);
  t.regex(told[0], /@temporalio\/core-bridge/);
});

test('a package that is JavaScript until its addon is loaded is told only then', async (t) => {
  const packages = {
    'oracledb/index.js':
      "exports.thick = () => { try { process.dlopen({ exports: {} }, require.resolve('./build/oracledb.node')); } catch {} };",
    'oracledb/build/oracledb.node': 'not an addon',
  };
  t.deepEqual(await warnings(t, "require('oracledb'); console.log('done')", { packages }), []);
  t.is((await warnings(t, "require('oracledb').thick(); console.log('done')", { packages })).length, 1);
});

test('an addon is found in all packages that it lies in', (t) => {
  t.deepEqual(packagesOf('/srv/node_modules/zeromq/node_modules/@scope/addon-linux/x.node'), [
    '@scope/addon-linux',
    'zeromq',
  ]);
  t.deepEqual(packagesOf('C:\\app\\node_modules\\zeromq\\build\\x.node'), ['zeromq']);
  t.deepEqual(packagesOf('/srv/app/x.node'), []);
});

test('every package of the list says what in it opens sockets', (t) => {
  for (const [name, { what }] of NATIVE_PACKAGES) t.true(what.length > 3, name);
});
