import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { runCli } from '../support/cli.js';
import { hostTest } from '../support/host.js';

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
function sites(text) {
  const found = {};
  for (const [index, line] of text.split('\n').entries()) {
    for (const [, marker] of line.matchAll(/\/\*(\d+)\*\//g)) found[marker] = index + 1;
  }
  return found;
}

function writeApp(t) {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only-audit-test-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  mkdirSync(path.join(root, 'node_modules/old-client'), { recursive: true });
  writeFileSync(path.join(root, 'app.js'), APP);
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
    const { entries, processes, exitCode } = JSON.parse(stdout);
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
      t.is(entry.target, target, `site ${marker}`);
      t.deepEqual(Object.keys(entry.outcomes), [outcome], `site ${marker}`);
      t.is(entry.count, marker === '7' ? 3 : 1, `site ${marker}`);
      t.is(entry.site.packageName, inDependency ? 'old-client' : undefined);
      if (inDependency) t.is(entry.caller?.file, path.join(root, 'app.js'), `site ${marker}: who called`);
    }
    t.is(entries.length, 12, JSON.stringify(entries.map(({ kind: k, target, site }) => [k, target, site?.line])));
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
    t.is(html.match(/<tr data-kind/g).length, 12);
    t.notRegex(html, /(?:src|href)=["']?https?:|@import/);
    t.regex(html, /<html lang="en">/);
    t.regex(html, /<caption>/);
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
  t.regex(stderr, /did not use IPv4/);
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
  const { entries, processes, exitCode } = JSON.parse(stdout);
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
  t.is(JSON.parse(stdout).entries.length, 1);
});
