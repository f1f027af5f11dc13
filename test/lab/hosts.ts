// Running programs on the lab's hosts, for the lab tests: with the hook or, as control, without it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { inRepository } from '../support/paths.js';
import { resolverScript } from './actions.js';
import type { Peer, Results, SocketAddress } from './results.js';
import { caFile as caFileOf } from './servers.js';
import { type HostName, labOf, type NspLength, REGISTER } from './settings.js';
import { cleanEnvironment, onHost, run, tryRun } from './sh.js';
import { needState } from './state.js';

export const lab = labOf();
export const caFile = caFileOf(lab);

/** After which what hangs is ended: no expectation of how long anything takes. */
const LIMIT_MS = 40_000;

/** How a program runs. */
export interface ProgramOptions {
  /** Whether v6only is preloaded; default true. */
  readonly hook?: boolean;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its name server: the name of one of the lab's, or an address. */
  readonly resolver?: string | undefined;
  /** It is meant to warn. */
  readonly allowStderr?: boolean;
}

/** The length in bits of the lab's network-specific prefix at this moment. */
export const nspLength = (): NspLength => needState(lab).nspLength;

const withResolver = (resolver: string | undefined, argv: readonly string[]): readonly string[] =>
  resolver === undefined ? argv : ['sh', '-ec', resolverScript(lab, resolver), 'sh', ...argv];

/** Starts programs/PROGRAM on a host. */
export function start(
  host: HostName,
  program: keyof Results | 'server.cjs' | 'follow.cjs',
  args: readonly string[],
  { hook = true, env = {}, resolver }: ProgramOptions = {},
) {
  const file = inRepository(`test/lab/programs/${program}`);
  const node = [process.execPath, ...(hook ? ['-r', REGISTER] : []), file, ...args];
  const [command, ...rest] = onHost(lab, host, withResolver(resolver, node));
  return spawn(command, rest, {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...cleanEnvironment(), NODE_EXTRA_CA_CERTS: caFile, ...env },
  });
}

/**
 * Runs programs/PROGRAM to its end and returns what it printed. Throws when it fails, prints anything but JSON, or warns on
 * stderr (`allowStderr` for the programs that are meant to).
 */
export async function runProgram<P extends keyof Results>(
  host: HostName,
  program: P,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Results[P]> {
  const child = start(host, program, args, options);
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  clearTimeout(limit);
  const what = `${host}: ${program} ${args.join(' ')}`;
  if (code !== 0 || (stderr !== '' && !options.allowStderr)) {
    throw new Error(`${what}: exit ${code ?? signal}\n${stdout}${stderr}`);
  }
  try {
    return JSON.parse(stdout) as Results[P];
  } catch {
    throw new Error(`${what} printed no JSON line:\n${stdout}`);
  }
}

/** programs/server.cjs, which listens. */
export interface Server {
  /** Where its TCP, HTTP and UDP servers say that they listen. */
  readonly listening: readonly Omit<SocketAddress, 'port'>[];
  /** The next peer; rejects when none comes. */
  next(): Promise<Peer>;
  stop(): Promise<void>;
}

export async function startServer(
  host: HostName,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Server> {
  const child = start(host, 'server.cjs', args, options);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const closed = once(child, 'close');
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<unknown> => {
    const limit = new AbortController();
    const late = delay(LIMIT_MS, { done: 'late' as const }, { signal: limit.signal });
    try {
      const line = await Promise.race([lines.next(), late]);
      if (line.done === 'late') throw new Error(`the server on ${host} has nothing to say\n${stderr}`);
      if (line.done) throw new Error(`the server on ${host} has ended\n${stderr}`);
      return JSON.parse(line.value);
    } finally {
      limit.abort();
      await late.catch(() => {});
    }
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  try {
    const { listening } = (await nextLine()) as Pick<Server, 'listening'>;
    return { listening, next: async () => (await nextLine()) as Peer, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What `v6only doctor` says of a host. */
export interface Diagnosis {
  readonly code: number | null;
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
  readonly faults: readonly Finding[];
}

/** Runs `v6only doctor` on a host. @param target what it tries to reach, `ADDRESS:PORT` */
export function doctor(
  host: HostName,
  { target = '1.2.3.4:7', env = {}, resolver }: Pick<ProgramOptions, 'env' | 'resolver'> & { target?: string } = {},
): Diagnosis {
  const cli = path.join(path.dirname(REGISTER), 'dist/cli.js');
  const node = [process.execPath, cli, 'doctor', '--target', target, '--json'];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const argv = ['env', ...variables, ...withResolver(resolver, node)];
  // Where things are broken it waits for one answer after the other.
  const { status, stdout, stderr } = tryRun(onHost(lab, host, argv), { timeoutMs: 100_000 });
  if (stdout === '') throw new Error(`${host}: v6only doctor: exit ${status}\n${stderr}`);
  const { healthy, findings } = JSON.parse(stdout) as Pick<Diagnosis, 'healthy' | 'findings'>;
  return { code: status, healthy, findings, faults: findings.filter((finding) => finding.status === 'fault') };
}

/** stdout of an ordinary command on a host; throws when it fails. */
export function command(host: HostName, ...argv: readonly string[]): string {
  return run(onHost(lab, host, argv));
}

/** Sends a text with bash to an address and port and returns what comes back. */
export function echoBy(host: HostName, protocol: 'tcp' | 'udp', address: string, port: number): string {
  const sent = 'hello-echo';
  const script = `exec 3<>/dev/${protocol}/${address}/${port}; echo ${sent} >&3; timeout 10 head -c ${sent.length} <&3`;
  return command(host, 'bash', '-c', script);
}

/** UDP datagrams that a host has sent over IPv6 since the lab is up, queries to name servers among them. */
export function datagramsSent(host: HostName): number {
  return Number(command(host, 'grep', '^Udp6OutDatagrams', '/proc/net/snmp6').split(/\s+/)[1]);
}

/** IPv4 packets that a host has sent and received since the lab is up, over any interface, lo included. */
export function ipv4Packets(host: HostName): { sent: number; received: number } {
  const [names = [], values = []] = command(host, 'grep', '^Ip:', '/proc/net/snmp')
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const count = (name: string) => Number(values[names.indexOf(name)]);
  return { sent: count('OutRequests'), received: count('InReceives') };
}
