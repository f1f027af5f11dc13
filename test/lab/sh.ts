// Running other programs and waiting for them, with errors that say what failed.
import { spawnSync } from 'node:child_process';
import type { HostName, Lab } from './settings.js';

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

export interface CommandOptions {
  /** What it reads from its standard input. */
  readonly input?: string;
  /** After which it is ended: a net for what hangs. */
  readonly timeoutMs?: number;
}

/** How a command ended. */
export interface RunResult {
  /** Null where it did not end by itself, or was not started: `stderr` says why. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, however that is. */
export function tryRun([program, ...args]: Command, { input, timeoutMs = 30_000 }: CommandOptions = {}): RunResult {
  const result = spawnSync(program, args, { input, timeout: timeoutMs, encoding: 'utf8', env: cleanEnvironment() });
  const { status, signal, error } = result;
  const why = error?.message ?? (signal === null ? '' : `ended by ${signal}`);
  // What could not be started has no output: null, whatever the type says.
  return { status: error ? null : status, stdout: result.stdout ?? '', stderr: [result.stderr ?? '', why].join('') };
}

/** Runs a command and returns its stdout; throws when it fails. */
export function run(command: Command, options: CommandOptions = {}): string {
  const { status, stdout, stderr } = tryRun(command, options);
  if (status === 0) return stdout;
  const input = options.input ? `input:\n${options.input}` : '';
  throw new Error(`${command.join(' ')}: exit ${status}\n${stderr}${input}`);
}

/** The command that runs `argv` on a host of the lab. */
export function onHost(lab: Lab, host: HostName, argv: readonly string[]): Command {
  return ['ip', 'netns', 'exec', lab.ns(host), ...argv];
}

/** One `ip -batch` in a namespace. */
export function ipBatch(namespace: string, lines: readonly string[]): void {
  run(['ip', '-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** This process's environment, without the programs of packages, which npm puts first: one of them is another `nft`. */
export function systemEnvironment(): NodeJS.ProcessEnv {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => !folder.endsWith('node_modules/.bin'));
  return { ...process.env, PATH: folders.join(':') };
}

/** That, without what it tells Node.js and v6only: this is not for what runs in the lab. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, ...rest } = systemEnvironment();
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('V6ONLY')));
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Patience {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
}

/** Asks `probe` again until it is true; false after the deadline. */
export async function until(probe: () => boolean, { timeoutMs, intervalMs = 60 }: Patience): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!probe()) {
    if (Date.now() > deadline) return false;
    await sleep(intervalMs);
  }
  return true;
}

/** Half a minute is a net for what never comes, also on a busy machine. */
const READY_MS = 30_000;

/** Waits until `probe` is true; throws `otherwise` when it is not to be had. */
export async function ready(probe: () => boolean, otherwise: () => string): Promise<void> {
  if (!(await until(probe, { timeoutMs: READY_MS }))) throw new Error(otherwise());
}
