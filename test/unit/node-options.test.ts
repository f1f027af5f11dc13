import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { haveHook, withHook } from '../../src/hooks/process/children.js';
import { preloadsIn, quoteForNodeOptions, splitNodeOptions } from '../../src/hooks/process/node-options.js';

const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'v6only options "\\')));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));
const register = path.join(scratch, 'register.js');
writeFileSync(register, 'module.exports = 1; console.log("loaded");');
const link = path.join(scratch, 'link.js');
symlinkSync(register, link);

const values = (text: string) => splitNodeOptions(text).map(({ value }) => value);

test('NODE_OPTIONS is split at spaces but for double quotes, in which a backslash escapes', (t) => {
  t.deepEqual(values(''), []);
  t.deepEqual(values('  --no-warnings   -r a.js '), ['--no-warnings', '-r', 'a.js']);
  t.deepEqual(values('--require="a b.js" "-r" "c \\"\\\\.js"'), ['--require=a b.js', '-r', 'c "\\.js']);
  t.deepEqual(values('a\tb \\x'), ['a\tb', '\\x']);
  for (const { value, start, end } of splitNodeOptions('--x "y z"'))
    t.is(values('--x "y z"'.slice(start, end))[0], value);
});

test('Node.js reads back what is quoted', (t) => {
  const NODE_OPTIONS = `--require=${quoteForNodeOptions(register)}`;
  t.is(
    execFileSync(process.execPath, ['-e', ''], { env: { ...process.env, NODE_OPTIONS }, encoding: 'utf8' }),
    'loaded\n',
  );
  t.deepEqual(values(NODE_OPTIONS), [`--require=${register}`]);
});

test('every way to give a preload is known, and nothing else is one', (t) => {
  const found = (...options: string[]) =>
    preloadsIn(options).map(({ first, count, how, request }) => [first, count, how, request]);
  t.deepEqual(found('-r', 'x'), [[0, 2, 'require', 'x']]);
  t.deepEqual(found('--a', '--require', 'x'), [[1, 2, 'require', 'x']]);
  t.deepEqual(found('--require=x', '--import=y', '--import', 'z'), [
    [0, 1, 'require', 'x'],
    [1, 1, 'import', 'y'],
    [2, 2, 'import', 'z'],
  ]);
  t.deepEqual(found('-r'), []);
  t.deepEqual(found('-r=x', '--required=x', 'import'), []);
});

for (const [what, request] of [
  ['its name', 'v6only/register'],
  ['its path', register],
  ['a path without the extension', register.slice(0, -3)],
  ['a relative path', path.relative(process.cwd(), register)],
  ['a link', link],
  ['a URL', pathToFileURL(register).href],
]) {
  test(`the hook is recognized by ${what}`, (t) => {
    t.true(haveHook(['--no-warnings', '-r', request], register));
    t.true(haveHook([`--import=${request}`], register));
    t.false(haveHook(['-r', './other.js', `--title=${request}`], register));
  });
}

const long = `--require=${quoteForNodeOptions(register)}`;
for (const [what, before, after] of [
  ['nothing there', '', long],
  ['other options', '--no-warnings', `--no-warnings ${long}`],
  ['-r', `--a -r ${quoteForNodeOptions(register)}  --b="c d"`, `--a ${long}  --b="c d"`],
  ['--require and a name', '--require v6only/register --a', `${long} --a`],
  ['-r twice', '-r v6only/register --a -r v6only/register', `${long} --a`],
  ['the long form', long, long],
  ['--import', '--import v6only/register', long],
  ['--import= and --require', '--import=v6only/register --a --require v6only/register', `${long} --a`],
  ['a preload of somebody else', '-r ./other.js', `-r ./other.js ${long}`],
]) {
  test(`child processes are given the hook in the long form: ${what}`, (t) => {
    t.is(withHook(before, register), after);
    t.is(withHook(after, register), after);
  });
}
