// Runs one test of Node's suite on a test host of its own and says what became of it.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Kind } from '../support/host.js';
import { inRepository } from '../support/paths.js';
import type { NodeTest } from './select.js';

const HOST = inRepository('test/support/host.sh');

export type Lane = 'native' | 'bare' | 'hook' | 'dual';
export const LANE_NAMES: readonly Lane[] = ['native', 'bare', 'hook', 'dual'];

/** The kinds of host that tests run on. */
type HostKind = Extract<Kind, 'dual' | 'noinet'>;

// A fresh namespace for each run: fixed ports (common.PORT) of two tests never meet, and nothing reaches the machine's network.
export const LANES: Readonly<Record<Lane, { host: HostKind; hook: boolean; title: string }>> = {
  native: { host: 'dual', hook: false, title: 'dual stack, without the hook' },
  bare: { host: 'noinet', hook: false, title: 'no IPv4, without the hook' },
  hook: { host: 'noinet', hook: true, title: 'no IPv4, with the hook' },
  dual: { host: 'dual', hook: true, title: 'dual stack, with the hook' },
};

const NAME_SERVER: Readonly<Record<HostKind, string>> = { dual: '127.0.0.1', noinet: '::1' };

/** What each host has in /etc/hosts and /etc/resolv.conf. */
export function writeHostFiles(directory: string): void {
  const hosts = path.join(directory, 'hosts');
  fs.writeFileSync(hosts, '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n');
  for (const [host, server] of Object.entries(NAME_SERVER)) {
    fs.writeFileSync(path.join(directory, `resolv.${host}`), `nameserver ${server}\n`);
  }
}

export interface Settings {
  /** The Node under test, and the preload. */
  readonly node: string;
  readonly hook: string;
  /** For files of this run. */
  readonly directory: string;
  /** Unique among the tests that run at the same time. */
  readonly slot: number;
  readonly cwd: string;
  readonly timeoutMs: number;
}

/** What came of a test in one lane. */
export interface Outcome {
  readonly status: 'pass' | 'fail' | 'timeout' | 'skip';
  readonly ms: number;
  /** Of anything but a pass: the line that says most. */
  readonly cause?: string | undefined;
  readonly output?: string;
  /** Why it failed the first time, if it passed when it was run again. */
  readonly flaky?: string | undefined;
}

export async function runTest(
  test: NodeTest,
  lane: Lane,
  { node, hook, directory, slot, cwd, timeoutMs }: Settings,
): Promise<Outcome> {
  const { host, hook: hooked } = LANES[lane];
  const scratch = fs.mkdtempSync(path.join(directory, `${slot}-`));
  const output = path.join(scratch, 'output');
  const out = fs.openSync(output, 'w');
  const env = {
    ...cleanEnvironment(),
    ...test.env,
    NODE_TEST_DIR: scratch,
    TEST_THREAD_ID: String(slot),
    HOST_HOSTS: path.join(directory, 'hosts'),
    HOST_RESOLV: path.join(directory, `resolv.${host}`),
    ...(hooked && host === 'noinet' && { V6ONLY_NAT64: '64:ff9b::/96' }),
  };
  const args = [HOST, host, 'sh', '-c', 'ulimit -c 0; exec "$@"', 'sh', node];
  if (hooked) args.push('-r', hook);
  const started = Date.now();
  const child = spawn('sh', [...args, ...test.flags, test.file], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', out, out],
  });
  fs.closeSync(out);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    endAll(child.pid, scratch);
  }, timeoutMs);
  const how = await new Promise<number | string>((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? String(signal)));
    child.on('error', (error) => resolve(String(error)));
  });
  clearTimeout(timer);
  const ms = Date.now() - started;
  endAll(child.pid, scratch);
  const text = readTail(output);
  fs.rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  if (how === 0 && /^1\.\.0 # Skipped/im.test(text))
    return { status: 'skip', ms, cause: /# Skipped:? *(.*)/i.exec(text)?.[1] };
  if (how === 0) return { status: 'pass', ms };
  const status = timedOut ? 'timeout' : 'fail';
  const ended = timedOut ? `still running after ${timeoutMs} ms` : `exit ${how}`;
  return { status, ms, cause: causeOf(text) ?? ended, output: `${ended}\n${text}`.slice(0, 6000) };
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (/^(NODE_|V6ONLY|npm_)/.test(name)) delete env[name];
  return env;
}

// A test may leave children behind, some of them in sessions of their own: they carry the scratch folder's name in their environment.
function endAll(group: number | undefined, scratch: string): void {
  if (group !== undefined) kill(-group);
  if (!fs.existsSync('/proc/self/environ')) return;
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      if (fs.readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`NODE_TEST_DIR=${scratch}\0`)) kill(Number(pid));
    } catch {
      // It ended meanwhile, or belongs to somebody else.
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function readTail(file: string): string {
  const text = fs.readFileSync(file, 'latin1');
  return text.length > 200_000 ? `${text.slice(0, 100_000)}\n…\n${text.slice(-100_000)}` : text;
}

// The line that says most: an error of the system, else the first error, else what the test printed about missing calls.
function causeOf(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const found =
    lines.find((line) =>
      /Error\b.*\b(EAFNOSUPPORT|EADDRNOTAVAIL|EADDRINUSE|ENETUNREACH|EHOSTUNREACH|ECONNREFUSED|EINVAL)\b/.test(line),
    ) ??
    lines.find((line) => /^(Uncaught )?(\w*Error)\b.*:|^Mismatched .* function calls|^# Fatal error/.test(line)) ??
    lines.find((line) => /Error/.test(line));
  return found?.slice(0, 240);
}
