import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';
import net from 'node:net';
import { codeOf } from '../support/errors.js';
import { errorOf, exchange, HOST6, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// A process that has no descriptor left opens and closes listeners on one port. What stays is heard as before, and is never
// open to more than it asked for.
const check = suite(import.meta.url);

const any4 = { host: '0.0.0.0' };
const local6 = { host: '::1' };
const own6 = { host: HOST6 };
const speaker = (label: string) =>
  net.createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end(label),
  );
const close = (server: net.Server) => new Promise<void>((resolve) => server.close(() => resolve()));
/** What is said there, or the code of what went wrong. */
const heard = (host: string, port: number) => exchange({ host, port }).catch(codeOf);

/** Runs `body` while this process may open nothing; `body` must not wait for what needs a descriptor. */
async function withoutDescriptors<Result>(body: () => Promise<Result>): Promise<Result> {
  const script = 'while read -r limit; do prlimit --pid "$PPID" --nofile="$limit": && echo done; done';
  const shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const limit = async (count: number) => {
    shell.stdin.write(`${count}\n`);
    await once(shell.stdout, 'data');
  };
  await limit(3);
  try {
    return await body();
  } finally {
    await limit(1024);
    shell.stdin.end();
    await once(shell, 'exit');
  }
}

/** Which IPv6 addresses are listened on at a port, as /proc/net/tcp6 has them; the file is open already. */
function listenedOn(file: number, port: number): string[] {
  const buffer = Buffer.alloc(1 << 16);
  const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
  const LISTEN = '0A';
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return rows
    .filter(([, local, , state]) => local?.endsWith(ending) && state === LISTEN)
    .map(([, local = '']) => local.slice(0, -ending.length));
}

const ANY = '0'.repeat(32);

check('a listener that closes: those beside it are not open to more, and are heard once there are some', async () => {
  const servers = [any4, local6, own6].map(({ host }) => speaker(host));
  const port = await listening(servers[0], { port: 0, ...any4 });
  await listening(servers[1], { port, ...local6 });
  await listening(servers[2], { port, ...own6 });
  const file = openSync('/proc/net/tcp6', 'r');
  const meanwhile = await withoutDescriptors(async () => {
    await close(servers[0]);
    return listenedOn(file, port);
  });
  assert.ok(!meanwhile.includes(ANY), `${meanwhile}`);
  for (const { host } of [local6, own6]) {
    while ((await heard(host, port)) === 'ECONNREFUSED') await new Promise(setImmediate);
    assert.equal(await heard(host, port), host);
  }
  assert.ok(!listenedOn(file, port).includes(ANY));
  closeSync(file);
  await Promise.all([close(servers[1]), close(servers[2])]);
});

check('a listener that cannot be opened takes nothing from those that are there', async () => {
  const servers = [local6, own6].map(({ host }) => speaker(host));
  const port = await listening(servers[0], { port: 0, ...local6 });
  await listening(servers[1], { port, ...own6 });
  const third = speaker('third');
  const error = await withoutDescriptors(async () => {
    const failed = errorOf(third);
    third.listen({ port, ...any4 });
    return failed;
  });
  assert.equal(error.code, 'EMFILE');
  assert.equal(await heard('::1', port), '::1');
  assert.equal(await heard(HOST6, port), HOST6);
  assert.equal(await listening(third, { port, ...any4 }), port);
  await Promise.all([...servers, third].map(close));
});

check('a listener that was lost for want of descriptors closes, and its port is free', async () => {
  const servers = [any4, local6, own6].map(({ host }) => speaker(host));
  const port = await listening(servers[0], { port: 0, ...any4 });
  await listening(servers[1], { port, ...local6 });
  await listening(servers[2], { port, ...own6 });
  await withoutDescriptors(async () => {
    await close(servers[0]);
    await Promise.all([close(servers[1]), close(servers[2])]);
  });
  const again = speaker('again');
  await listening(again, { port, host: '::' });
  assert.equal(await heard('::1', port), 'again');
  await close(again);
});

check('a group call and a bind on a socket that could not be made say so', async () => {
  const group = '239.1.1.1';
  const errors = await withoutDescriptors(async () => {
    const codes: unknown[] = [];
    const calls = [
      (socket: dgram.Socket) => socket.addMembership(group),
      (socket: dgram.Socket) => socket.addSourceSpecificMembership('10.0.0.1', '232.1.1.1'),
      (socket: dgram.Socket) => socket.dropMembership(group),
    ];
    for (const call of calls) {
      try {
        call(dgram.createSocket('udp4'));
        codes.push('done');
      } catch (error) {
        codes.push(codeOf(error));
      }
    }
    const socket = dgram.createSocket('udp4');
    const failed = errorOf(socket);
    socket.bind(0);
    return [...codes, (await failed).code];
  });
  assert.deepEqual(errors, ['EMFILE', 'EMFILE', 'EMFILE', 'EMFILE']);
});
