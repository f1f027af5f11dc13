// What every platform can show: the preload starts, and an IPv4-only program talks over the loopback.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { REPOSITORY as root } from '../support/paths.js';

const register = path.join(root, 'register.js');
const HOOKED = "console.log(globalThis[Symbol.for('v6only.installation.1')] !== undefined)";
const { NODE_OPTIONS, ...env }: NodeJS.ProcessEnv = { ...process.env, V6ONLY_NAT64: '64:ff9b::/96' };

function run(args: readonly string[], variables: NodeJS.ProcessEnv = {}) {
  const options = { encoding: 'utf8', env: { ...env, ...variables }, timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  return { status, stdout: stdout.trim(), stderr };
}

const WAYS: [way: string, args: string[], variables?: NodeJS.ProcessEnv][] = [
  ['-r', ['-r', register, '-e', HOOKED]],
  ['--import', ['--import', pathToFileURL(register).href, '-e', HOOKED]],
  ['NODE_OPTIONS', ['-e', HOOKED], { NODE_OPTIONS: `--require=${JSON.stringify(register)}` }],
  ['an ES module', ['--input-type=module', '-e', `import ${JSON.stringify(pathToFileURL(register).href)}; ${HOOKED}`]],
];

for (const [way, args, variables] of WAYS) {
  test(`it starts by ${way}, silently`, (t) => {
    t.deepEqual(run(args, variables), { status: 0, stdout: 'true', stderr: '' });
  });
}

const LOOPBACK = `
const net = require('node:net'), dgram = require('node:dgram');
const server = net.createServer((c) => c.end(c.remoteAddress + ' ' + c.remoteFamily)).listen(0, '127.0.0.1', () =>
  net.connect(server.address().port, '127.0.0.1').setEncoding('utf8').on('data', (text) => console.log('tcp', text))
    .on('close', () => server.close()));
const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1', () => socket.send('x', socket.address().port, '127.0.0.1'));
socket.on('message', (_, { address, family }) => { console.log('udp', address, family); socket.close(); });`;

for (const mode of ['auto', 'always']) {
  test(`TCP and UDP over the loopback, mode ${mode}`, (t) => {
    const { status, stdout, stderr } = run(['-r', register, '-e', LOOPBACK], { V6ONLY: mode });
    t.is(status, 0, stderr);
    t.deepEqual(stdout.split(/\r?\n/).sort(), ['tcp 127.0.0.1 IPv4', 'udp 127.0.0.1 IPv4']);
  });
}

test('v6only run gives the hook to a child of a command', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'v6only start '));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'app.js'), HOOKED);
  const bin = path.dirname(process.execPath);
  const options = {
    cwd: folder,
    encoding: 'utf8',
    env: { ...env, PATH: `${bin}${path.delimiter}${process.env.PATH}` },
  } as const;
  const cli = path.join(root, 'dist/cli.js');
  t.is(execFileSync(process.execPath, [cli, 'run', 'node', 'app.js'], options).trim(), 'true');
  t.is(execFileSync(process.execPath, [cli, 'run', 'app.js'], options).trim(), 'true');
});
