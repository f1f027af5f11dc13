import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { hostTest, type Kind, nodeUnderTest, runOnHost } from '../support/host.js';
import { HOST4, HOST4_EMBEDDED } from '../support/sockets.js';

// What the kernel is asked for, with strace as judge.
const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-strace-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));
const haveStrace = spawnSync('strace', ['-V']).status === 0;

const program = path.join(scratch, 'program.cjs');
writeFileSync(
  program,
  `const net = require('net'), dgram = require('dgram');
   const server = net.createServer((socket) => socket.end()).listen(4200, '0.0.0.0', () => {
     net.connect(4200, '${HOST4}').resume().on('close', () => server.close());
   });
   const receiver = dgram.createSocket('udp4', () => receiver.close()).bind(4201, '${HOST4}', () => {
     const sender = dgram.createSocket('udp4');
     sender.send('x', 4201, '${HOST4}', () => sender.close());
   });`,
);

/** The socket calls that name our ports, each as "call family address". */
async function callsOn(kind: Kind, env: NodeJS.ProcessEnv) {
  const trace = path.join(scratch, `${kind}-${Object.values(env).join('-')}`);
  const strace = ['strace', '-f', '-qq', '-o', trace, '-e', 'trace=bind,connect,sendto,sendmsg,sendmmsg'];
  const { code, stderr } = await runOnHost(kind, [program], { env, command: [...strace, nodeUnderTest] });
  if (code !== 0) throw new Error(stderr);
  const lines = readFileSync(trace, 'utf8').split('\n');
  return lines
    .filter((line) => /htons\(420[01]\)/.test(line) && /= \d+$|EINPROGRESS/.test(line))
    .map((line) => {
      const [, call] = /(\w+)\(\d+, /.exec(line) ?? [];
      const [, family] = /sa_family=(AF_INET6?)/.exec(line) ?? [];
      const [, address] = /inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"/.exec(line) ?? [];
      return `${call} ${family} ${address}`;
    });
}

const title = 'on a dual-stack host every socket is AF_INET, as without the hook';
if (!haveStrace) {
  if (process.env.CI === 'true') test(title, (t) => t.fail('strace is not installed'));
  else test.skip(`${title} left out: strace is not installed`, () => {});
} else {
  hostTest(test, ['dual'], title, async (t, kind) => {
    const hooked = await callsOn(kind, {});
    const plain = await callsOn(kind, { V6ONLY: 'off' });
    t.deepEqual(hooked.sort(), plain.sort());
    t.is(hooked.length, 4);
    for (const call of hooked) t.regex(call, / AF_INET /);
  });

  hostTest(test, ['dual'], 'V6ONLY=always makes every socket AF_INET6 there', async (t, kind) => {
    const source = await callsOnLoopback(kind);
    t.true(source.length >= 2);
    for (const call of source) t.regex(call, / AF_INET6 /);
  });

  hostTest(test, ['v6'], 'on a host without IPv4 every socket is AF_INET6', async (t, kind) => {
    const calls = await callsOn(kind, {});
    // A socket of its own tries whether a datagram socket can be bound.
    t.is(new Set(calls).size, 4);
    for (const call of calls) t.regex(call, / AF_INET6 (::|64:ff9b::cb00:7107)$/);
    t.true(calls.includes(`connect AF_INET6 ${HOST4_EMBEDDED}`));
  });
}

// 203.0.113.7 is an IPv4 address of a dual-stack host, and no NAT64 is near: so the loopback stands in.
async function callsOnLoopback(kind: Kind) {
  const local = path.join(scratch, 'loopback.cjs');
  writeFileSync(local, readFileSync(program, 'utf8').replaceAll(HOST4, '127.0.0.1'));
  const trace = path.join(scratch, 'always');
  const strace = ['strace', '-f', '-qq', '-o', trace, '-e', 'trace=bind,connect,sendto,sendmsg,sendmmsg'];
  const { code, stderr } = await runOnHost(kind, [local], {
    env: { V6ONLY: 'always' },
    command: [...strace, nodeUnderTest],
  });
  if (code !== 0) throw new Error(stderr);
  const calls = readFileSync(trace, 'utf8').match(/\w+\(\d+, .*htons\(420[01]\).*/g) ?? [];
  return calls.map((line) => ` ${/sa_family=(AF_INET6?)/.exec(line)?.[1]} `);
}
