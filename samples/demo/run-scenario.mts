import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const samples = fileURLToPath(new URL('..', import.meta.url));
const register = fileURLToPath(new URL('../../register.js', import.meta.url));

/**
 * Runs the server of a scenario, then its client, and waits for both to end.
 * @param observe `{ strace: boolean, socketsOf(scenario, role) }`: how to see what the kernel was asked for
 * @returns for `server` and `client`: `{ ok, text, kernel }`
 */
export async function runScenario(scenario, { hook, env = {}, observe }) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-demo-'));
  const start = (role) =>
    startSample(scenario[role], { hook, env, trace: observe?.strace && path.join(scratch, role) });
  try {
    const before = observe?.strace ? undefined : observe?.snapshot();
    const server = start('server');
    await Promise.race([server.said(/listening/), server.ended]);
    const serverKernel = observe?.strace ? undefined : observe?.serverSocket(scenario);
    const client = start('client');
    await within(3000, client);
    // A receiver ends by itself once it has received; an HTTP server never does.
    await within(client.ok() ? 500 : 50, server);
    const clientKernel = observe?.strace ? undefined : observe?.clientSocket(scenario, before);
    await sleep(observe?.strace ? 100 : 0); // strace -D ends a moment after the program
    return {
      server: { ...server.result(), kernel: serverKernel ?? server.trace(scenario) },
      client: { ...client.result(), kernel: clientKernel ?? client.trace(scenario) },
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function within(ms, program) {
  const timer = new AbortController();
  await Promise.race([program.ended, sleep(ms, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
  program.child.kill();
  await program.ended;
}

function startSample({ sample, args }, { hook, env, trace }) {
  const node = [...(hook ? ['-r', register] : []), path.join(samples, sample), ...args];
  const strace = ['-D', '-f', '-q', '-o', trace, '-e', 'trace=socket,connect,bind,sendto,sendmsg,sendmmsg'];
  const child = trace
    ? spawn('strace', [...strace, process.execPath, ...node], { env: { ...process.env, ...env } })
    : spawn(process.execPath, node, { env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  const heard = new Set();
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    for (const check of heard) check();
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const lines = () => stdout.trim().split('\n').filter(Boolean);
  const isServer = () => lines()[0]?.startsWith('listening') ?? false;
  const ok = () => lines().length > (isServer() ? 1 : 0) && stderr === '';
  return {
    child,
    ended: once(child, 'close'),
    ok,
    said: (pattern) =>
      new Promise((resolve) => {
        heard.add(() => pattern.test(stdout) && resolve());
      }),
    result: () => ({
      ok: ok(),
      text: ok()
        ? lines().at(-1)
        : (/\bE[A-Z]{4,}\b/.exec(stderr)?.[0] ?? (isServer() ? 'nobody came' : stderr.trim())),
    }),
    trace: ({ port }) => (trace ? readTrace(readFileSync(trace, 'utf8'), port) : undefined),
  };
}

/** The first successful system call that names the port, as `connect [64:ff9b::cb00:7107]:4005`. */
function readTrace(text, port) {
  for (const line of text.split('\n')) {
    if (!line.includes(`htons(${port})`) || !/= \d+$|EINPROGRESS/.test(line)) continue;
    const call = /(\w+)\(/.exec(line)?.[1];
    const six = /inet_pton\(AF_INET6, "([^"]+)"/.exec(line)?.[1];
    const four = /inet_addr\("([^"]+)"/.exec(line)?.[1];
    return `${call} ${six ? `[${six}]` : four}:${port}`;
  }
  return 'nothing';
}
