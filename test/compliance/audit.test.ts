import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import test, { type ExecutionContext } from 'ava';
import type { AuditReport, AuditRow } from '../../src/cli/audit/entry.js';
import { cliPath, runCli } from '../support/cli.js';
import { hostTest, nodeUnderTest } from '../support/host.js';
import { inRepository } from '../support/paths.js';

const isReport = new Ajv({ strict: true }).compile(JSON.parse(readFileSync(inRepository('audit.schema.json'), 'utf8')));

// Twelve sites, marked /*1*/ to /*12*/: nine in the program's own code, three in a dependency.
const APP = `
const net = require('node:net');
const dgram = require('node:dgram');
const http = require('node:http');
const dns = require('node:dns');
const dep = require('old-client');
const once = (emitter, ...events) =>
  new Promise((resolve) => { for (const event of events) emitter.once(event, resolve); });
async function main() {
  const server = net.createServer((c) => c.end('x'));
  server./*1*/listen(7101, '0.0.0.0');
  await once(server, 'listening');
  const web = http.createServer((req, res) => res.end('x'));
  web./*2*/listen({ port: 7102, host: '127.0.0.1' });
  await once(web, 'listening');
  const udp = dgram.createSocket('udp4');
  udp./*3*/bind(7103);
  await once(udp, 'listening');
  await once(net./*4*/connect({ port: 7101, host: '203.0.113.7' }).resume(), 'close');
  await new Promise((resolve) => http./*5*/get('http://127.0.0.1:7102/', { agent: false }, (res) => res.resume().on('end', resolve)));
  await /*6*/fetch('http://203.0.113.7:7101/').catch(() => {});
  for (let i = 0; i < 3; i++) await once(net./*7*/connect(7199, '203.0.113.7').on('error', () => {}), 'close');
  const sender = dgram.createSocket('udp4');
  await new Promise((resolve) => sender./*8*/send('x', 7103, '203.0.113.7', resolve));
  sender.close();
  await new Promise((resolve) => dns./*9*/lookup('localhost', { family: 4 }, resolve));
  await dep.ping();
  await dep.report();
  await dep.watch();
  for (const one of [server, web, udp]) one.close();
}
main();
`;
const DEPENDENCY = `
const net = require('net');
const dgram = require('dgram');
exports.ping = () => new Promise((resolve) => { net./*10*/connect(7101, '203.0.113.7').resume().on('close', resolve); });
exports.report = () => new Promise((resolve) => {
  const socket = dgram.createSocket('udp4');
  socket./*11*/send('x', 7103, '203.0.113.7', () => socket.close(resolve));
});
exports.watch = async () => {
  await null;
  await new Promise((resolve) => { const s = net.createServer(); s./*12*/listen(0, '127.0.0.1', () => s.close(resolve)); });
};
`;

/** marker → line of it. */
function sites(text: string) {
  const found: Record<string, number> = {};
  for (const [index, line] of text.split('\n').entries()) {
    for (const [, marker] of line.matchAll(/\/\*(\d+)\*\//g)) found[marker] = index + 1;
  }
  return found;
}

function writeApp(t: ExecutionContext) {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only-audit-test-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  mkdirSync(path.join(root, 'node_modules/old-client'), { recursive: true });
  writeFileSync(path.join(root, 'app.js'), APP);
  writeFileSync(path.join(root, 'package.json'), '{"name":"shop","version":"3.2.1"}');
  writeFileSync(path.join(root, 'node_modules/old-client/index.js'), DEPENDENCY);
  return root;
}

const EXPECTED = {
  1: ['bind', '0.0.0.0', 'listening'],
  2: ['bind', '127.0.0.1', 'listening'],
  3: ['bind', '0.0.0.0', 'listening'],
  4: ['connect', '203.0.113.7', 'connected'],
  5: ['connect', '127.0.0.1', 'connected'],
  6: ['connect', '203.0.113.7', 'connected'],
  7: ['connect', '203.0.113.7', 'ECONNREFUSED'],
  8: ['send', '203.0.113.7', 'sent'],
  9: ['lookup', 'localhost', 'answered'],
  10: ['connect', '203.0.113.7', 'connected'],
  11: ['send', '203.0.113.7', 'sent'],
  12: ['bind', '127.0.0.1', 'listening'],
};

hostTest(
  test,
  ['lo4', 'noinet', 'dual'],
  'audit finds all twelve sites, in the program and in its dependency',
  async (t, kind) => {
    const root = writeApp(t);
    const { code, stdout, stderr } = await runCli(kind, ['audit', '--json', path.join(root, 'app.js')]);
    t.is(code, 0, stderr);
    const report = JSON.parse(stdout) as AuditReport;
    const { rows: entries, processes, exitCode } = report;
    t.true(isReport(report), JSON.stringify(isReport.errors));
    t.is(exitCode, 0);
    t.is(processes, 1);
    const own = sites(APP);
    const theirs = sites(DEPENDENCY);
    for (const [marker, [what, target, outcome]] of Object.entries(EXPECTED)) {
      const inDependency = marker in theirs;
      const file = path.join(root, inDependency ? 'node_modules/old-client/index.js' : 'app.js');
      const line = inDependency ? theirs[marker] : own[marker];
      const found = entries.filter(({ site, kind: k }) => site?.file === file && site.line === line && k === what);
      t.is(found.length, 1, `site ${marker} (${file}:${line}): ${JSON.stringify(found)}`);
      const [entry] = found;
      t.deepEqual(
        entry.targets.map((one) => one.target),
        [target],
        `site ${marker}`,
      );
      t.deepEqual(Object.keys(entry.outcomes), [outcome], `site ${marker}`);
      t.is(entry.count, marker === '7' ? 3 : 1, `site ${marker}`);
      t.is(entry.site?.packageName, inDependency ? 'old-client' : undefined);
      if (inDependency) t.is(entry.caller?.file, path.join(root, 'app.js'), `site ${marker}: who called`);
    }
    t.is(entries.length, 12, JSON.stringify(entries.map(({ kind: k, targets, site }) => [k, targets, site?.line])));
  },
);

hostTest(
  test,
  ['lo4'],
  'the table names each place once, and the page has it all without anything from elsewhere',
  async (t, kind) => {
    const root = writeApp(t);
    const page = path.join(root, 'audit.html');
    const { code, stdout, stderr } = await runCli(kind, ['audit', '--html', page, path.join(root, 'app.js')]);
    t.is(code, 0);
    t.is(stdout, '', 'the report goes to stderr');
    t.regex(stderr, /12 uses of IPv4/);
    t.regex(stderr, /connect tcp +203\.0\.113\.7 port 7199 +64:ff9b::cb00:7107 +3 +ECONNREFUSED ×3/);
    t.regex(stderr, /\[old-client\] ← .*app\.js:\d+/);
    const html = readFileSync(page, 'utf8');
    t.is(html.match(/<tr data-kind/g)?.length, 12);
    t.notRegex(html, /(?:src|href)=["']?https?:|@import/);
    t.regex(html, /<html lang="en">/);
    t.regex(html, /<caption>/);
    t.regex(html, /<title>IPv4 in shop 3\.2\.1 on \S+: v6only audit<\/title>/);
  },
);

hostTest(test, ['lo4'], 'the program keeps its exit code, its arguments and its standard streams', async (t, kind) => {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only-audit-test-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const app = path.join(root, 'app.js');
  writeFileSync(
    app,
    "process.stdin.on('data', (d) => process.stdout.write(d)).on('end', () => process.exit(process.argv.length));",
  );
  const { code, stdout, stderr } = await runCli(kind, ['audit', app, '--json', '--help'], { input: 'hello' });
  t.is(code, 4);
  t.is(stdout, 'hello');
  t.regex(stderr, /not known: the program ended with exit code 4 before it used IPv4, or could not start/);
});

hostTest(test, ['lo4'], 'child processes are in the report; --fail-on-ipv4 makes it an exit code', async (t, kind) => {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only-audit-test-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const app = path.join(root, 'app.mjs');
  writeFileSync(
    app,
    `import { fork } from 'node:child_process';
import { connect } from 'node:net';
if (process.argv[2] !== 'child') fork(process.argv[1], ['child']);
connect(7198, '203.0.113.7').on('error', () => {});`,
  );
  const { code, stdout } = await runCli(kind, ['audit', '--json', '--fail-on-ipv4', app]);
  const { rows: entries, processes, exitCode } = JSON.parse(stdout);
  t.is(code, 1);
  t.is(exitCode, 0);
  t.is(processes, 2);
  t.is(entries.length, 1);
  t.is(entries[0].count, 2);
  t.is(entries[0].site.line, 4);
});

hostTest(test, ['lo4'], 'a program that is killed leaves what was seen until then', async (t, kind) => {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only-audit-test-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const app = path.join(root, 'app.js');
  writeFileSync(
    app,
    "require('net').createServer().listen(7105, '0.0.0.0', () => setImmediate(() => setImmediate(() => process.kill(process.pid, 'SIGKILL'))));",
  );
  const { code, stdout } = await runCli(kind, ['audit', '--json', app]);
  t.is(code, 137);
  t.is(JSON.parse(stdout).rows.length, 1);
});

function program(t: ExecutionContext, text: string, name = 'app.js') {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only-audit-test-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  writeFileSync(path.join(root, name), text);
  return path.join(root, name);
}

hostTest(test, ['lo4'], 'one row for a place, whatever number of addresses and ports it asks for', async (t, kind) => {
  const app = program(
    t,
    `const net = require('node:net');
for (const host of ['203.0.113.7', '203.0.113.8']) for (let port = 7300; port < 7304; port++)
  net.connect(port, host).on('error', () => {});`,
  );
  const { code, stdout } = await runCli(kind, ['audit', '--json', app]);
  t.is(code, 0);
  const report = JSON.parse(stdout) as AuditReport;
  t.true(isReport(report), JSON.stringify(isReport.errors));
  t.deepEqual(
    report.rows.map(({ count, site, targets }) => [count, site?.line, targets.length]),
    [[8, 3, 2]],
  );
  t.deepEqual(report.rows[0].targets[0].ports.toSorted(), [7300, 7301, 7302, 7303]);
  const { stderr } = await runCli(kind, ['audit', app]);
  t.regex(stderr, /one use of IPv4/);
  for (const host of ['7', '8']) t.regex(stderr, new RegExp(`203\\.0\\.113\\.${host} ports 7300 to 7303 \\(4\\)`));
});

hostTest(test, ['lo4'], 'what waits for the NAT64 prefix is counted once, at its own place', async (t, kind) => {
  const source = `require('net').connect(7199, '203.0.113.7').on('error', () => {});
fetch('http://203.0.113.7:7199/').catch(() => {});
const udp = require('dgram').createSocket('udp4');
udp.send('x', 7199, '203.0.113.7', () => udp.close());`;
  const options = { dns: 'dns64', env: { V6ONLY_NAT64: undefined } };
  const { stdout, stderr } = await runCli(kind, ['audit', '--json', program(t, source)], options);
  const { rows } = JSON.parse(stdout);
  t.deepEqual(
    rows.map((row: AuditRow) => [row.kind, row.site?.line, row.count]).sort(),
    [
      ['connect', 1, 1],
      ['connect', 2, 1],
      ['send', 4, 1],
    ],
    stderr,
  );
});

hostTest(test, ['lo4'], 'a command is audited: the Node.js processes that it starts', async (t, kind) => {
  const app = program(t, "require('net').connect(7198, '203.0.113.7').on('error', () => {});");
  const { code, stdout } = await runCli(kind, [
    'audit',
    '--json',
    '--',
    'sh',
    '-c',
    `"$0" '${app}'; exit 3`,
    process.execPath,
  ]);
  const { rows, processes, exitCode } = JSON.parse(stdout);
  t.deepEqual([code, exitCode, processes, rows.length], [3, 3, 1, 1]);
});

hostTest(test, ['lo4'], 'what could not be audited is not said to use no IPv4', async (t, kind) => {
  for (const args of [
    ['--', 'sh', '-c', 'exit 0'],
    ['--', 'env', '-i', process.execPath, '-e', '0'],
  ]) {
    const { code, stderr } = await runCli(kind, ['audit', '--fail-on-ipv4', ...args]);
    t.is(code, 1);
    t.regex(stderr, /not known: nothing was audited, because no process wrote a report/);
    t.notRegex(stderr, /not use IPv4|not used IPv4/);
  }
  const broken = program(t, "require('./not-there')");
  const { code, stderr } = await runCli(kind, ['audit', broken]);
  t.is(code, 1);
  t.regex(stderr, /not known: the program ended with exit code 1 before it used IPv4, or could not start/);
});

hostTest(test, ['lo4'], 'a process without the hook is not audited, and the report says why', async (t, kind) => {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only-audit-test-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const use = "require('node:net').connect(7198, '203.0.113.7').on('error', () => {});";
  const fork = `if (process.argv[2] !== 'child') require('node:child_process').fork(__filename, ['child']);`;
  const files = {
    'app.js': use,
    'off/app.js': use,
    'off/v6only.config.json': '{"mode":"off"}',
    'faulty/app.js': use,
    'faulty/v6only.config.json': '{"mod":1}',
    'parent/app.js': `${fork} else { ${use} }`,
    'parent/v6only.config.json': '{"children":false}',
    'worker/app.js': `const { Worker, isMainThread } = require('node:worker_threads');
      if (isMainThread) new Worker(__filename); else { ${use} }`,
    'worker/v6only.config.json': '{"children":false}',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  const cases: [app: string, options: string[], env: NodeJS.ProcessEnv, audited: number, why: RegExp][] = [
    ['app.js', [], { V6ONLY: 'off' }, 0, /mode off \(V6ONLY=off/],
    ['app.js', ['--mode', 'off'], {}, 0, /mode off \(.*--mode off/],
    ['off/app.js', [], {}, 0, /mode off \(.*off\/v6only\.config\.json\)/],
    ['faulty/app.js', [], { V6ONLY_STRICT: '0' }, 0, /the policy is faulty/],
    ['parent/app.js', [], {}, 1, /did not pass the hook on/],
    ['worker/app.js', [], {}, 1, /"children": false/],
  ];
  await Promise.all(
    cases.map(async ([app, options, env, audited, why]) => {
      const args = ['--json', '--fail-on-ipv4', ...options, path.join(root, app)];
      const { code, stdout } = await runCli(kind, ['audit', ...args], { env });
      const report = JSON.parse(stdout) as AuditReport;
      t.true(isReport(report), JSON.stringify(isReport.errors));
      t.deepEqual([code, report.exitCode, report.processes], [1, 0, audited], app);
      t.deepEqual(
        report.notAudited.map(({ program, count }) => [program, count]),
        // A worker's preload does not know its file yet.
        [[app.startsWith('worker') ? 'a worker thread' : path.join(root, app), 1]],
      );
      t.regex(report.notAudited[0].why, why, app);
    }),
  );
  const { stderr } = await runCli(kind, ['audit', path.join(root, 'off/app.js')]);
  t.regex(
    stderr,
    /not known: nothing was audited\. A process was not audited \(.*app\.js\): it ran without the hook: mode off/,
  );
  t.notRegex(stderr, /no audited process used IPv4/);
});

const OTHER_USER = [
  [['other-user.js'], 1, /other-user\.js","why":"it runs as another user/],
  [['other-user-later.js'], 1, /other-user-later\.js","why":"it runs as another user/],
] as const;

hostTest(test, ['lo4'], 'not known is what wrote no report; workers of any environment write one', async (t, kind) => {
  const use = "require('node:net').connect(7198, '127.0.0.1').on('error', () => {});";
  const root = path.dirname(program(t, use));
  const files = {
    'empty.js':
      "const fs = require('node:fs'); const { env } = process; process.on('exit', () => { const folder = env.V6ONLY_REPORT_FOLDER.replace(/^.*?:(?=\\/)/, ''); for (const name of fs.readdirSync(folder)) fs.truncateSync(folder + '/' + name); fs.writeFileSync(folder + '/1.json', 'null'); fs.writeFileSync(folder + '/audit-1-0-1.json', '{}'); });",
    'gone.js':
      "require('node:fs').rmSync(process.env.V6ONLY_REPORT_FOLDER.replace(/^.*?:(?=\\/)/, ''), { recursive: true });",
    'other.js':
      "const fs = require('node:fs'); const folder = process.env.V6ONLY_REPORT_FOLDER.replace(/^.*?:(?=\\/)/, ''); fs.renameSync(folder, __dirname + '/moved'); fs.mkdirSync(folder);",
    'worker.js': `const { Worker, isMainThread } = require('node:worker_threads');
      if (isMainThread) new Worker(__filename, { env: {} });
      else { console.log(Object.keys(process.env).length); ${use} }`,
    'other-user.js': `require('node:child_process').spawnSync(process.execPath, [__dirname + '/app.js'], { uid: 65534 });`,
    'other-user-later.js': `process.setuid(65534); require('node:child_process').execSync('exit 0');`,
    'nested.js': `require('node:child_process').spawnSync(process.execPath, [process.argv[2], 'run', '--summary', __dirname + '/app.js']);`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(root, name), text);
  for (const [words, processes, why] of [
    [['empty.js'], 0, /wrote no report/],
    [['gone.js'], 0, /the folder of the reports was removed/],
    [['other.js'], 0, /the folder of the reports was removed/],
    ...(process.getuid?.() === 0 ? OTHER_USER : []),
    [['nested.js', cliPath], 2, /report to another v6only command/],
  ] as const) {
    const { code, stdout, stderr } = await runCli(kind, [
      'audit',
      '--json',
      path.join(root, words[0]),
      ...words.slice(1),
    ]);
    const report = JSON.parse(stdout) as AuditReport;
    t.true(isReport(report), JSON.stringify(isReport.errors));
    t.deepEqual([code, report.processes, report.rows], [0, processes, []], stderr);
    t.regex(JSON.stringify(report.notAudited), why, words[0]);
  }
  const failing = await runCli(kind, ['audit', '--fail-on-ipv4', path.join(root, 'empty.js')]);
  t.is(failing.code, 1);
  t.notRegex(failing.stderr, /no audited process used IPv4/);
  // The second process has the hook by NODE_OPTIONS alone, which its worker does not inherit.
  for (const words of [['worker.js'], ['sh', '-c', `'${nodeUnderTest}' worker.js`]]) {
    const { stdout, stderr } = await runCli(kind, ['audit', ...words], { prepare: `cd '${root}'; TMPDIR=.` });
    t.is(stdout, '0\n');
    t.regex(stderr, /audit: one use of IPv4\n/);
    t.notRegex(stderr, /not audited/);
  }
});

hostTest(test, ['lo4', 'dual'], 'IPv4-mapped addresses over TCP are uses of IPv4', async (t, kind) => {
  const app = program(
    t,
    `const net = require('node:net');
net.connect(7198, '::ffff:203.0.113.7').on('error', () => {});
net.createServer().listen(7197, '::ffff:127.0.0.1', function () { this.close(); });`,
  );
  const { stdout, stderr } = await runCli(kind, ['audit', '--json', app]);
  t.deepEqual(
    (JSON.parse(stdout) as AuditReport).rows.map(({ kind, site, targets }) => [kind, site?.line, targets[0]?.address]),
    [
      ['connect', 2, '203.0.113.7'],
      ['bind', 3, '127.0.0.1'],
    ],
    stderr,
  );
});

hostTest(
  test,
  ['lo4'],
  'a program that freezes Error, or names its code as it likes, works as without',
  async (t, kind) => {
    const use = (file: string) =>
      `vm.runInThisContext("net.connect(7198, '127.0.0.1').on('error', () => {})", { filename: ${file} });`;
    const names = ["'file://host/x.js'", "'file:///%E0%A4%A'", "'/a\\0b'", "'vm'"].map(use).join('\n');
    for (const freeze of ['', 'Object.freeze(Error);']) {
      const app = program(
        t,
        `'use strict';\n${freeze}\nconst vm = require('node:vm');\nglobalThis.net = require('node:net');\n${names}`,
      );
      const { code, stdout, stderr } = await runCli(kind, ['audit', '--json', app]);
      t.is(code, 0, stderr);
      t.is(
        (JSON.parse(stdout) as AuditReport).rows.reduce((sum, { count }) => sum + count, 0),
        4,
      );
    }
  },
);

hostTest(
  test,
  ['lo4'],
  'what a program does to its arguments or descriptors does not spoil its report',
  async (t, kind) => {
    const root = mkdtempSync(path.join(tmpdir(), 'v6only-audit-'));
    t.teardown(() => rmSync(root, { recursive: true }));
    const write = (name: string, text: string) => {
      const file = path.join(root, name);
      writeFileSync(file, text);
      return file;
    };
    const connect = `require('node:net').connect(9, '192.0.2.80').on('error', () => {});`;
    const argv = write(
      'argv.cjs',
      `Object.defineProperty(process, 'argv', { get() { throw new Error('of the program') } });
     setTimeout(() => { ${connect} }, 700);`,
    );
    const closes = write(
      'closes.cjs',
      `const fs = require('node:fs');
     for (const name of fs.readdirSync('/proc/self/fd')) {
       try { if (fs.readlinkSync('/proc/self/fd/' + name).includes('v6only-run-')) fs.closeSync(+name); } catch {}
     }
     ${connect}`,
    );
    for (const program of [argv, closes]) {
      const audited = await runCli(kind, ['audit', program]);
      t.regex(audited.stderr, /one use of IPv4/, program);
      const { code, stderr } = await runCli(kind, ['run', '--summary', program]);
      t.is(code, 0, stderr);
      t.regex(stderr, /^v6only: 1 connect [^\n]*\n$/, program);
    }
  },
);
