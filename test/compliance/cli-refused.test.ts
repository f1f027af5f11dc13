// What the host refuses the command, or the command refuses to do: it says so in one sentence, and no file is lost.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { cliPath } from '../support/cli.js';
import { nodeUnderTest } from '../support/host.js';

function scratch(t: ExecutionContext, files: Record<string, string> = {}) {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only-refused-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(root, name), content);
  return root;
}

/** Runs `v6only …` in a folder, after a line of shell. */
async function cli(
  root: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  prepare = ':',
  by: readonly string[] = [],
) {
  const child = spawn('sh', ['-ec', `${prepare}\nexec "$@"`, 'sh', ...by, nodeUnderTest, cliPath, ...args], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

const SAYS = "console.log('ran');";

test('without a folder for reports, audit ends with 2, and the others do without reports', async (t) => {
  const root = scratch(t, { 'app.js': SAYS });
  const env = { TMPDIR: path.join(root, 'none') };
  const audit = await cli(root, ['audit', 'app.js'], env);
  t.deepEqual([audit.code, audit.stdout], [2, '']);
  t.regex(audit.stderr, /^v6only: no folder for the reports .* ENOENT.*Set TMPDIR to a folder that can be written\n$/);
  for (const args of [
    ['run', '--summary'],
    ['run', '--verbose'],
    ['simulate', '--verbose'],
  ]) {
    const { code, stdout, stderr } = await cli(root, [...args, 'app.js'], env);
    t.deepEqual([code, stdout], [0, 'ran\n'], stderr);
    t.regex(stderr, /^v6only: nothing will be said about the processes .*Set TMPDIR[^\n]*\n$/);
  }
});

// A small disk of its own can be mounted only by root, or by a user who may make a namespace.
const MOUNT = ['unshare', '--user', '--map-root-user', '--mount'];
const canMount = spawnSync(MOUNT[0], [...MOUNT.slice(1), 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
(canMount ? test : test.skip)('a full disk is the reason why a process has no report', async (t) => {
  const root = scratch(t, { 'app.js': SAYS });
  const disk = path.join(root, 'disk');
  mkdirSync(disk);
  const full = (...args: string[]) => {
    const script = `mount -t tmpfs -o size=16k none "${disk}"; exec "$@"`;
    const fill = `require('node:fs').writeFileSync('${disk}/fill', Buffer.alloc(1 << 20))`;
    const program = path.join(root, 'fill.js');
    writeFileSync(
      program,
      `try { ${fill}; } catch {}\nrequire('node:child_process').execFileSync(process.execPath, ['-e', '0']);`,
    );
    return cli(root, [...args, program], { TMPDIR: disk }, ':', [...MOUNT, 'sh', '-ec', script, 'sh']);
  };
  const { stderr } = await full('audit');
  t.regex(stderr, /process \d+\): it wrote no report: the disk of .* is full/);
  const both = await full('run', '--summary', '--verbose');
  t.regex(both.stderr, /process \d+: it wrote no report: the disk of .* is full/);
  t.notRegex(both.stderr, /see --verbose/);
});

test('in a folder that was removed, only what needs the folder fails', async (t) => {
  const root = scratch(t, { 'app.js': SAYS });
  const gone = (...args: string[]) =>
    cli(root, args, {}, `mkdir gone-${args[0]}; cd gone-${args[0]}; rmdir ../gone-${args[0]}`);
  for (const args of [['check'], ['explain', '192.0.2.1'], ['doctor']]) {
    const { code, stdout, stderr } = await gone(...args);
    t.deepEqual([code, stdout], [2, '']);
    t.is(stderr, 'v6only: the working directory does not exist any more. Change to another one\n');
  }
  t.is((await gone('run', path.join(root, 'app.js'))).stdout, 'ran\n');
  t.regex((await gone('audit', path.join(root, 'app.js'))).stderr, /no audited process used IPv4 \(one process\)/);
});

test('a page that cannot be written costs no other report', async (t) => {
  const root = scratch(t, { 'app.js': SAYS });
  const full = await cli(root, ['audit', '--html', '/dev/full', 'app.js']);
  t.deepEqual([full.code, full.stdout], [0, 'ran\n']);
  t.regex(
    full.stderr,
    /no audited process used IPv4 \(one process\)\.\nv6only: --html \/dev\/full cannot be written: ENOSPC[^\n]*\n$/,
  );
  const json = await cli(root, ['audit', '--json', '--html', '/dev/full', 'app.js']);
  t.is(JSON.parse(json.stdout).exitCode, 0);
  t.regex(json.stderr, /cannot be written: ENOSPC/);
  const stdout = await cli(root, ['audit', '--json', 'app.js'], {}, 'exec >/dev/full');
  t.is(stdout.code, 0);
  t.regex(stdout.stderr, /v6only: the output cannot be written: ENOSPC/);
});

test('--html is tried out before the program runs', async (t) => {
  const root = scratch(t, { 'app.js': SAYS });
  for (const [file, why] of [
    ['app.js/page.html', 'ENOTDIR'],
    ['no/page.html', 'ENOENT'],
    ['.', 'it is a folder'],
  ]) {
    const { code, stdout, stderr } = await cli(root, ['audit', '--html', file, 'app.js']);
    t.deepEqual([code, stdout], [2, '']);
    t.regex(stderr, new RegExp(`^v6only: --html ${file} cannot be written: ${why}`));
  }
});

test('--html overwrites only reports, and leaves nothing if the program does not start', async (t) => {
  const root = scratch(t, { 'app.mjs': SAYS, 'page.html': '<!doctype html><title>Mine</title>', 'empty.html': '' });
  writeFileSync(path.join(root, 'bad'), '#!/no/such\n');
  chmodSync(path.join(root, 'bad'), 0o755);
  symlinkSync('target.html', path.join(root, 'link.html'));
  for (const [file, content] of Object.entries({
    'app.mjs': SAYS,
    'page.html': '<!doctype html><title>Mine</title>',
  })) {
    const { code, stdout, stderr } = await cli(root, ['audit', '--html', file, 'app.mjs']);
    t.deepEqual([code, stdout], [2, '']);
    t.regex(stderr, /it exists and is not a report of v6only audit/);
    t.is(readFileSync(path.join(root, file), 'utf8'), content);
  }
  t.is((await cli(root, ['audit', '--html', 'new.html', './bad'])).code, 2);
  t.false(existsSync(path.join(root, 'new.html')));
  const files = readdirSync(root).sort();
  for (const file of ['empty.html', 'link.html', 'new.html']) {
    // Twice: the second time it is a report.
    for (const words of [['app.mjs'], ['app.mjs', 'once more']]) {
      const { code, stderr } = await cli(root, ['audit', '--html', file, ...words]);
      t.is(code, 0, stderr);
      t.regex(
        readFileSync(path.join(root, file), 'utf8'),
        new RegExp(`<code>${words.join(' ')}</code> on [^]*</html>\n$`),
      );
    }
  }
  t.deepEqual(readdirSync(root).sort(), [...files, 'new.html', 'target.html'].sort());
});

test('a word means app.js alone, as for Node.js', async (t) => {
  const root = scratch(t, { 'app.mjs': SAYS, 'lib.cjs': SAYS, 'typed.ts': SAYS, 'plain.js': SAYS });
  for (const [word, file] of [
    ['app', 'app.mjs'],
    ['./lib', './lib.cjs'],
    ['typed', 'typed.ts'],
  ]) {
    const command = word === 'app' ? 'audit' : word === 'typed' ? 'simulate' : 'run';
    const { code, stdout, stderr } = await cli(root, [command, word]);
    t.deepEqual([code, stdout], [2, '']);
    t.is(stderr, `v6only: found no command and no file "${word}". Did you mean "${file}"?\n`);
  }
  t.is((await cli(root, ['run', 'plain'])).stdout, 'ran\n');
});

/** Root may search every folder and read every file, unless it gives up these rights. */
const AS_USER = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];

test('a folder of the PATH that this user may not search is passed over, as by a shell', async (t) => {
  const root = scratch(t, { 'app.mjs': SAYS });
  mkdirSync(path.join(root, 'locked'), { mode: 0o000 });
  const env = { PATH: `${path.join(root, 'locked')}:${process.env.PATH}` };
  const { code, stdout, stderr } = await cli(root, ['run', 'sh', '-c', 'echo ran'], env, ':', AS_USER);
  t.deepEqual([code, stdout], [0, 'ran\n'], stderr);
  const none = await cli(root, ['run', 'no-such-command'], env, ':', AS_USER);
  t.is(none.code, 2);
  t.regex(
    none.stderr,
    /^v6only: found no command and no file "no-such-command"\. This user may not execute .*\(EACCES\)\n$/,
  );
  t.regex((await cli(root, ['run', 'app'], env, ':', AS_USER)).stderr, /Did you mean "app\.mjs"\?\n$/);
  for (const args of [['check'], ['explain', '192.0.2.1', '--policy'], ['explain', '192.0.2.1', '--app']]) {
    const denied = await cli(root, [...args, 'locked/x'], {}, ':', AS_USER);
    t.deepEqual([denied.code, denied.stdout], [2, '']);
    t.regex(denied.stderr, /locked\/x: it cannot be read \(EACCES\)\n$/);
  }
});

test('a script of another interpreter is never run as JavaScript', async (t) => {
  const shell = '#!/bin/sh\necho shell "$@"\n';
  const root = scratch(t, {
    ready: shell,
    's.sh': shell,
    'bare.sh': 'echo',
    web: SAYS,
    'tool.x': `#!/usr/bin/env node\n${SAYS}`,
  });
  copyFileSync('/bin/sh', path.join(root, 'binary'));
  for (const file of ['ready', 'binary']) chmodSync(path.join(root, file), 0o755);
  for (const [word, message] of [
    [
      'ready',
      'ready is no command on the PATH, and no JavaScript file: it is for "/bin/sh". To run it: v6only run ./ready',
    ],
    [
      './s.sh',
      './s.sh is no command, because it is not executable, and no JavaScript file: it is for "/bin/sh". To run it: chmod +x ./s.sh, then v6only run ./s.sh',
    ],
    ['bare.sh', /its name and its first line do not say JavaScript.* As JavaScript: v6only run node bare\.sh\n$/],
    ['binary', /its name and its first line do not say JavaScript/],
  ] as const) {
    const { code, stdout, stderr } = await cli(root, ['run', word]);
    t.deepEqual([code, stdout], [2, '']);
    if (typeof message === 'string') t.is(stderr, `v6only: ${message}\n`);
    else t.regex(stderr, message);
  }
  t.is((await cli(root, ['run', './ready', 'a'])).stdout, 'shell a\n');
  for (const word of ['web', './web', 'tool.x', './tool.x']) t.is((await cli(root, ['run', word])).stdout, 'ran\n');
});

test('a policy of the current folder that cannot be read is not passed over', async (t) => {
  const root = scratch(t, { 'app.js': SAYS });
  mkdirSync(path.join(root, 'v6only.config.json'));
  for (const command of ['run', 'audit']) {
    const { code, stdout, stderr } = await cli(root, [command, 'sh', '-c', 'echo ran']);
    t.deepEqual([code, stdout], [2, '']);
    t.regex(stderr, /v6only\.config\.json cannot be read: EISDIR.*\n.*The program was not started/);
  }
  t.is((await cli(root, ['run', 'sh', '-c', 'echo ran'], { V6ONLY: 'off' })).stdout, 'ran\n');
  rmSync(path.join(root, 'v6only.config.json'), { recursive: true });
  writeFileSync(path.join(root, 'v6only.config.json'), '{}', { mode: 0o000 });
  t.regex((await cli(root, ['run', 'sh', '-c', 'echo ran'], {}, ':', AS_USER)).stderr, /cannot be read: EACCES/);
});

test('a program that a signal ended, and one whose interpreter is missing, are called so', async (t) => {
  const root = scratch(t, { 'app.js': "process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1e6);" });
  const { code, stdout, stderr } = await cli(root, ['audit', '--json', 'app.js']);
  t.is(code, 143, stderr);
  const { exitCode, signal } = JSON.parse(stdout);
  t.deepEqual([exitCode, signal], [143, 'SIGTERM']);
  t.regex((await cli(root, ['audit', 'app.js'])).stderr, /the program was ended by SIGTERM, and had not used IPv4/);
  writeFileSync(path.join(root, 'bad'), '#!/no/such -x\n');
  chmodSync(path.join(root, 'bad'), 0o755);
  const bad = await cli(root, ['run', './bad']);
  t.is(bad.code, 2);
  t.regex(bad.stderr, /bad could not be started: its interpreter "\/no\/such -x" is not on this host \(ENOENT\)/);
});

test('the exit code is that of the program, whatever becomes of the output', async (t) => {
  const root = scratch(t, { 'five.js': 'process.exitCode = 5;' });
  const cases = [
    'run --summary five.js 2>/dev/full',
    'run --verbose five.js 2>&-',
    'audit five.js 2>/dev/full',
    'audit --json five.js >/dev/full',
    '{ audit --json five.js; echo $? >code; } | true; exit $(cat code)',
    '{ audit five.js 2>&1 >/dev/null; echo $? >code; } | true; exit $(cat code)',
  ];
  await Promise.all(
    cases.map(async (script, i) => {
      const command = script.replaceAll('code', `code${i}`).replace(/run|audit/, '"$0" "$1" $&');
      const child = spawn('sh', ['-c', command, nodeUnderTest, cliPath], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close'), text(child.stdout)]);
      t.is(code, 5, script);
      t.notRegex(stderr, /^ +at /m, script);
    }),
  );
});

test('what was found remains the exit code if the reader closes the output early', async (t) => {
  const faults = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`key-${i}`, 1]));
  const root = scratch(t, { 'faulty.json': JSON.stringify(faults), 'good.json': '{}' });
  const cases: [command: string, code: number][] = [
    ['check faulty.json', 1],
    ['check --json faulty.json', 1],
    ['check good.json', 0],
    ['explain --nat64 64:ff9b::/96 --mode always 10.0.0.1', 1],
    ['nonsense', 2],
    ['--help', 0],
    ['doctor --policy faulty.json --timeout 100 --watch', 1],
  ];
  await Promise.all(
    cases.map(async ([command, expected], i) => {
      const script = `mkfifo gone${i}; { read _ <gone${i}; "$0" "$1" ${command}; echo $? >code${i}; } | { exec <&-; echo >gone${i}; }; cat code${i}`;
      const child = spawn('sh', ['-c', script, nodeUnderTest, cliPath], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
      t.is(stdout, `${expected}\n`, `${command}\n${stderr}`);
      t.notRegex(stderr, /^ +at /m, command);
    }),
  );
});

test('run does not touch the standard input of the program', async (t) => {
  const root = scratch(t, {
    'flags.js': `const flags = () => 0o4000 & parseInt(/flags:\\s*(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/fdinfo/0', 'utf8'))[1], 8);
      process.on('SIGINT', () => { console.log(flags()); process.exit(); });
      setInterval(() => {}, 1000);
      console.log('ready');`,
  });
  const child = spawn(nodeUnderTest, [cliPath, 'run', 'flags.js'], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    if (output === '') child.kill('SIGINT');
    output += chunk;
  });
  await once(child, 'close');
  t.is(output, 'ready\n0\n');
});
