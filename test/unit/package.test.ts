// What the package holds and says of itself.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import test from 'ava';
import { REPOSITORY as root } from '../support/paths.js';

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string | undefined>;
  exports: Record<string, string | Record<string, string>>;
  [field: string]: unknown;
};
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
// --ignore-scripts: the package is built already.
const listed = execFileSync(npm, ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  encoding: 'utf8',
  shell: process.platform === 'win32',
  stdio: ['ignore', 'pipe', 'ignore'],
});
const [{ files: packed }] = JSON.parse(listed) as [{ files: { path: string }[] }];
const files = packed.map((file) => file.path);

test('it installs nothing else and runs nothing when it is installed', (t) => {
  for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies']) t.is(manifest[field], undefined);
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) t.is(manifest.scripts[script], undefined);
});

test('what it holds needs Node.js alone', (t) => {
  for (const file of files.filter((name: string) => /^(dist\/(?!types).*|register)\.js$/.test(name))) {
    // The build breaks long lines inside of texts, too.
    const text = readFileSync(path.join(root, file), 'utf8').replaceAll('\\\n', '');
    for (const [, request] of text.matchAll(/\brequire\("([^"]+)"\)/g)) {
      const isOwn = request.startsWith('.') && files.includes(path.posix.join(path.posix.dirname(file), request));
      t.true(isOwn || isBuiltin(request), `${file} requires ${request}`);
    }
  }
});

test('each bundled library has its licence in the package and a line in README', (t) => {
  const licences = readFileSync(path.join(root, 'dist/THIRD-PARTY-LICENCES.txt'), 'utf8');
  const names = [...licences.matchAll(/^(\S+) \d+\.\d+\.\d+\n\n/gm)].map(([, name]) => name);
  t.true(names.length > 0);
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  for (const name of names) t.true(readme.includes(`\`${name}\``), name);
  t.true(files.includes('dist/THIRD-PARTY-LICENCES.txt'));
});

test('what exports names is there, and preload is not among it', async (t) => {
  for (const entry of Object.values(manifest.exports)) {
    for (const target of typeof entry === 'string' ? [entry] : Object.values(entry)) {
      t.true(existsSync(path.join(root, target)), target);
    }
  }
  const exported = Object.keys(createRequire(import.meta.url)(path.join(root, 'dist/index.js')));
  t.true(exported.includes('enable') && exported.includes('PolicyError'));
  t.false(exported.includes('preload'));
});

const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

test('links between its pages lead to what is in it', (t) => {
  for (const page of files.filter((name: string) => name.endsWith('.md'))) {
    const text = readFileSync(path.join(root, page), 'utf8').replace(/^```.*?^```/gms, '');
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/i.test(link)) continue;
      const [file, fragment] = link.split('#');
      const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
      t.true(files.includes(target), `${page}: ${link}`);
      if (fragment === undefined || !target.endsWith('.md')) continue;
      const headings = readFileSync(path.join(root, target), 'utf8').match(/(?<=^#+ ).*$/gm) ?? [];
      t.true(headings.map(anchor).includes(fragment), `${page}: ${link}`);
    }
  }
});
