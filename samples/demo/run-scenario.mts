import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inRepository } from '../../test/support/paths.js';
import { clientSocket, datagramsSent, serverSocket } from './kernel-tables.mjs';
import type { Role, Sample, Scenario } from './scenarios.mjs';

/** How to see what the kernel was asked for; undefined where it cannot be seen. */
export type Observer = 'strace' | 'tables' | undefined;

interface Settings {
  readonly hook: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly observe?: Observer;
}

/** What came of one sample: its last line, or why it failed, and what the kernel saw. */
export interface Outcome {
  readonly ok: boolean;
  readonly text: string;
  readonly kernel: string | undefined;
}

/** Runs the server of a scenario, then its client, and waits for both to end. */
export async function runScenario(
  scenario: Scenario,
  { hook, env = {}, observe }: Settings,
): Promise<Readonly<Record<Role, Outcome>>> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-demo-'));
  const start = (role: Role) =>
    startSample(scenario[role], hook, env, observe === 'strace' ? path.join(scratch, role) : undefined);
  try {
    const before = observe === 'tables' ? datagramsSent() : undefined;
    const server = start('server');
    await Promise.race([server.listens, server.ended]);
    const serverKernel = before && serverSocket(scenario);
    const client = start('client');
    await within(3000, client);
    // A receiver ends by itself once it has received; an HTTP server never does.
    await within(client.ok() ? 500 : 50, server);
    const clientKernel = before && clientSocket(scenario, before);
    await sleep(observe === 'strace' ? 100 : 0); // strace -D ends a moment after the program
    return {
      server: { ok: server.ok(), text: server.text(), kernel: serverKernel ?? server.trace(scenario) },
      client: { ok: client.ok(), text: client.text(), kernel: clientKernel ?? client.trace(scenario) },
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function within(ms: number, program: Running): Promise<void> {
  const timer = new AbortController();
  await Promise.race([program.ended, sleep(ms, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
  program.kill();
  await program.ended;
}

/** A sample that was started. */
interface Running {
  readonly listens: Promise<void>;
  readonly ended: Promise<unknown>;
  kill(): void;
  /** Whether it did what it is for. */
  ok(): boolean;
  /** Its last line, or why it failed. */
  text(): string;
  /** What strace saw. */
  trace(scenario: Scenario): string | undefined;
}

/** @param trace the file that strace writes to, if it is to look on */
function startSample(
  { sample, args }: Sample,
  hook: boolean,
  env: NodeJS.ProcessEnv,
  trace: string | undefined,
): Running {
  const register = inRepository('register.js');
  const node = [process.execPath, ...(hook ? ['-r', register] : []), inRepository(`samples/${sample}`), ...args];
  const calls = 'trace=socket,connect,bind,sendto,sendmsg,sendmmsg';
  const strace = trace ? ['strace', '-D', '-f', '-q', '-o', trace, '-e', calls] : [];
  const [command, ...rest] = [...strace, ...node];
  const child = spawn(command, rest, { env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  const listens = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (/listening/.test(stdout)) resolve();
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const lines = () => stdout.trim().split('\n').filter(Boolean);
  const isServer = () => lines()[0]?.startsWith('listening') ?? false;
  const ok = () => lines().length > (isServer() ? 1 : 0) && stderr === '';
  const failure = () => /\bE[A-Z]{4,}\b/.exec(stderr)?.[0] ?? (isServer() ? 'nobody came' : stderr.trim());
  return {
    listens,
    ended: once(child, 'close'),
    kill: () => child.kill(),
    ok,
    text: () => (ok() ? (lines().at(-1) ?? '') : failure()),
    trace: ({ port }) => (trace ? readTrace(readFileSync(trace, 'utf8'), port) : undefined),
  };
}

/** The first successful system call that names the port, as `connect [64:ff9b::cb00:7107]:4005`. */
function readTrace(text: string, port: number): string {
  for (const line of text.split('\n')) {
    if (!line.includes(`htons(${port})`) || !/= \d+$|EINPROGRESS/.test(line)) continue;
    const call = /(\w+)\(/.exec(line)?.[1];
    const six = /inet_pton\(AF_INET6, "([^"]+)"/.exec(line)?.[1];
    const four = /inet_addr\("([^"]+)"/.exec(line)?.[1];
    return `${call} ${six ? `[${six}]` : four}:${port}`;
  }
  return 'nothing';
}
