// v6only run with commands that are no Node.js file: what they get of the hook, and what is passed on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { cliPath, runCli } from '../support/cli.js';
import { hostTest, nodeUnderTest, registerPath, runOnHost } from '../support/host.js';

function scratch(t: ExecutionContext, files: Record<string, string>) {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only run '));
  t.teardown(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return root;
}

const HOOKED =
  "console.log(globalThis[Symbol.for('v6only.installation.1')] !== undefined, process.argv.slice(2).join());";
/** With the Node.js under test first on the PATH. */
const withNode = (root: string) => {
  mkdirSync(path.join(root, 'bin'));
  symlinkSync(nodeUnderTest, path.join(root, 'bin/node'));
  return { PATH: `${path.join(root, 'bin')}:${process.env.PATH}` };
};

hostTest(
  test,
  ['lo4'],
  'a command of the PATH: the Node.js processes that it starts have the hook',
  async (t, kind) => {
    const root = scratch(t, { 'app.js': HOOKED, 'package.json': '{"main":"app.js"}' });
    const env = withNode(root);
    const prepare = `cd '${root}'`;
    const results = await Promise.all(
      [
        ['run', 'node', 'app.js', 'a', '--mode', 'b'],
        ['run', '--', 'node', 'app.js', 'a', '--mode', 'b'],
        ['run', 'sh', '-c', 'node app.js a --mode b'],
        ['run', 'app', 'a', '--mode', 'b'],
        ['run', './app.js', 'a', '--mode', 'b'],
        ['run', '.', 'a', '--mode', 'b'],
      ].map((args) => runCli(kind, args, { env, prepare })),
    );
    for (const { code, stdout, stderr } of results) t.deepEqual([stdout, code], ['true a,--mode,b\n', 0], stderr);
  },
);

hostTest(
  test,
  ['lo4'],
  'a command of node_modules/.bin, from a folder below, with the policy of that folder',
  async (t, kind) => {
    const root = scratch(t, {
      'node_modules/tool/cli.js': `#!/usr/bin/env node\n${HOOKED}console.log(process.env.V6ONLY_POLICY);`,
      'node_modules/tool/package.json': '{}',
      'package.json': '{"v6only":{"mode":"always"}}',
      'src/x': '',
    });
    mkdirSync(path.join(root, 'node_modules/.bin'));
    chmodSync(path.join(root, 'node_modules/tool/cli.js'), 0o755);
    symlinkSync('../tool/cli.js', path.join(root, 'node_modules/.bin/tool'));
    const { code, stdout, stderr } = await runCli(kind, ['run', 'tool', 'dev'], {
      env: withNode(root),
      prepare: `cd '${root}/src'`,
    });
    t.is(stdout, `true dev\n${path.join(root, 'package.json')}\n`, stderr);
    t.is(code, 0);
    writeFileSync(path.join(root, 'package.json'), '{"v6only":{"children":false}}');
    const env = withNode(path.join(root, 'src'));
    const kept = await runCli(kind, ['run', 'tool', 'dev'], { env, prepare: `cd '${root}'` });
    t.regex(
      kept.stderr,
      /^v6only: "children": false in the policy: .*tool has the hook, and the Node\.js processes that it starts do not/,
    );
  },
);

hostTest(
  test,
  ['lo4'],
  'the exit code, the signal and the standard streams are those of the command',
  async (t, kind) => {
    t.is((await runCli(kind, ['run', 'sh', '-c', 'exit 7'])).code, 7);
    t.is((await runCli(kind, ['run', 'sh', '-c', 'kill -TERM $$'])).code, 143);
    const { stdout, stderr } = await runCli(kind, ['run', 'sh', '-c', 'cat; echo e >&2'], { input: 'hello' });
    t.deepEqual([stdout, stderr], ['hello', 'e\n']);
  },
);

test('signals reach the command', async (t) => {
  // The shell looks at its trap between two commands: one that waits for good could have begun just before the signal.
  const script = "trap 'echo caught; exit 9' USR1; echo ready; while kill -0 $PPID; do sleep 0.1; done";
  const child = spawn(process.execPath, [cliPath, 'run', 'sh', '-c', `${script}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  while (!text.includes('ready')) await once(child.stdout, 'data');
  child.kill('SIGUSR1');
  const [code] = await once(child, 'close');
  t.is(text, 'ready\ncaught\n');
  t.is(code, 9);
});

hostTest(test, ['lo4'], '--verbose says who had the hook, and where nobody had it', async (t, kind) => {
  const root = scratch(t, { 'app.js': HOOKED });
  const options = { env: withNode(root), prepare: `cd '${root}'` };
  const had = await runCli(kind, ['run', '--verbose', 'sh', '-c', 'node app.js'], options);
  t.regex(had.stderr, /^v6only: with NODE_OPTIONS=--require=\S*register\.js$/m);
  t.regex(had.stderr, /this is not Node\.js; its own sockets are not changed/);
  t.regex(had.stderr, /process \d+ had the hook: .*app\.js/);
  const cleared = await runCli(kind, ['run', '--verbose', 'sh', '-c', 'env -i "$0" app.js', nodeUnderTest], options);
  t.is(cleared.stdout, 'false \n');
  t.regex(cleared.stderr, /no process wrote a report\. \S+ started no Node\.js process, cleared NODE_OPTIONS/);
});

const CLIENT = `const net = require('node:net');
const end = (s) => new Promise((r) => s.on('error', () => {}).on('close', r));
(async () => {
  await end(net.connect(7399, '203.0.113.7'));
  await end(net.connect(7399, '10.0.0.1'));
  const udp = require('node:dgram').createSocket('udp4');
  udp.send('x', 7399, '203.0.113.7', () => udp.close());
})();`;
const LINE =
  /2 connects \(1 translated, 1 refused\); 1 datagram \(1 translated\); 0 lookups; NAT64 prefix: 64:ff9b::\/96 \(policy\)/;

hostTest(test, ['lo4'], '--summary: one line at the end, all processes added up', async (t, kind) => {
  const root = scratch(t, { 'app.js': CLIENT });
  const one = await runCli(kind, ['run', '--summary', path.join(root, 'app.js')]);
  t.is(one.stderr.split('\n').length, 2, one.stderr);
  t.regex(one.stderr, LINE);
  const options = { env: withNode(root), prepare: `cd '${root}'` };
  const two = await runCli(kind, ['run', '--summary', 'sh', '-c', 'node app.js; node app.js; exit 3'], options);
  t.is(two.code, 3);
  t.regex(two.stderr, /^v6only: 2 processes: 4 connects \(2 translated, 2 refused\); 2 datagrams/);
  const none = await runCli(kind, ['run', '--summary', 'true']);
  t.regex(none.stderr, /no process wrote a report/);
});

hostTest(
  test,
  ['lo4'],
  'a summary does not change how a program ends, whatever its arguments have become',
  async (t, kind) => {
    const program =
      'process.exitCode = 7; process.argv = ' + "{ a: undefined, b: [1, 2], c: ['', Symbol()] }[process.env.X];";
    const root = scratch(t, { 'app.js': program, 'v6only.config.json': '{"log":"summary"}' });
    for (const X of ['a', 'b', 'c']) {
      const { code, stderr } = await runOnHost(kind, [path.join(root, 'app.js')], { env: { X } });
      t.is(code, 7, stderr);
      t.regex(stderr, /^v6only: node, process \d+: 0 connects/);
    }
  },
);

hostTest(test, ['lo4'], 'log "summary" of a policy: each process says it when it ends', async (t, kind) => {
  const root = scratch(t, { 'app.js': CLIENT, 'v6only.config.json': '{"log":"summary"}' });
  const { stderr, stdout } = await runCli(kind, ['run', path.join(root, 'app.js')]);
  t.is(stdout, '');
  t.regex(stderr, /^v6only: app\.js, process \d+: /);
  t.regex(stderr, LINE);
  // A name neither controls the terminal nor begins a line.
  const name = 'a\x1b[31mb\nv6only: FORGED.js';
  writeFileSync(path.join(root, name), '');
  const other = await runCli(kind, ['run', path.join(root, name)]);
  t.regex(other.stderr, /^v6only: a\\x1b\[31mb\\nv6only: FORGED\.js, process \d+: [^\n]*\n$/);
});

hostTest(test, ['dual'], 'simulate: a command as well', async (t, kind) => {
  const root = scratch(t, {
    'app.js': "require('net').connect(7399, '203.0.113.7').on('error', (e) => console.log(e.code));",
    'worker.js': `const { Worker, isMainThread } = require('node:worker_threads');
      const code = (host) => require('node:net').connect(7399, host).on('error', (e) => console.log(Object.keys(process.env).length, e.code));
      if (isMainThread) for (const one of [{ env: {} }, { env: {}, execArgv: [] }]) new Worker(__filename, one);
      else for (const host of ['203.0.113.7', '0:0:0:0:0:ffff:203.0.113.7', '::FFFF:cb00:7107', '::ffff:203.0.113.7%lo']) code(host);`,
  });
  const options = { env: { ...withNode(root), V6ONLY_NAT64: undefined }, prepare: `cd '${root}'` };
  const workers = await runCli(kind, ['simulate', 'worker.js'], options);
  t.is(workers.stdout, '0 ENETUNREACH\n'.repeat(8), workers.stderr);
  const without = await runCli(kind, ['simulate', '--verbose', 'sh', '-c', 'node app.js'], options);
  t.is(without.stdout, 'ENETUNREACH\n', without.stderr);
  t.regex(without.stderr, /process \d+ had the hook: .*app\.js/);
  const hooked = await runCli(kind, ['simulate', '--with-hook', 'sh', '-c', 'node app.js'], options);
  t.is(hooked.stdout, 'ECONNREFUSED\n', hooked.stderr);
});

hostTest(
  test,
  ['dual'],
  'simulate: the hook of NODE_OPTIONS, of run and of audit is above the simulation',
  async (t, kind) => {
    const root = scratch(t, {
      'app.js': "require('net').connect(7399, '203.0.113.7').on('error', (e) => console.log(e.code));",
    });
    const NODE_OPTIONS = `--require="${registerPath}"`;
    const env = { ...withNode(root), V6ONLY_NAT64: undefined };
    const cli = `"${nodeUnderTest}" "${cliPath}"`;
    // Without IPv4 nothing is reached, and through the simulated NAT64 the host, which refuses.
    const cases: [without: string, NODE_OPTIONS: string | undefined, args: string[]][] = [
      ['ECONNREFUSED', NODE_OPTIONS, ['simulate', '--with-hook', 'app.js']],
      ['ECONNREFUSED', NODE_OPTIONS, ['simulate', '--with-hook', 'sh', '-c', 'node app.js']],
      ['ENETUNREACH', NODE_OPTIONS, ['simulate', 'app.js']],
      ['ENETUNREACH', NODE_OPTIONS, ['simulate', 'sh', '-c', 'node app.js']],
      ['ECONNREFUSED', undefined, ['run', 'sh', '-c', `${cli} simulate --with-hook app.js`]],
      ['ECONNREFUSED', undefined, ['audit', 'sh', '-c', `${cli} simulate --with-hook app.js`]],
      ['ECONNREFUSED', undefined, ['simulate', '--with-hook', 'sh', '-c', `${cli} run sh -c "node app.js"`]],
    ];
    await Promise.all(
      cases.map(async ([expected, options, args]) => {
        const settings = { env: { ...env, NODE_OPTIONS: options }, prepare: `cd '${root}'` };
        const { stdout, stderr } = await runCli(kind, args, settings);
        t.is(stdout, `${expected}\n`, `${args.join(' ')}\n${stderr}`);
      }),
    );
    const nested = await runCli(kind, ['simulate', 'sh', '-c', `${cli} simulate app.js`], {
      env,
      prepare: `cd '${root}'`,
    });
    t.is(nested.code, 2);
    t.regex(nested.stderr, /^v6only: this runs inside another v6only simulate/);
  },
);
