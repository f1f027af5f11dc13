import { execFileSync, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { ExecutionContext, TestFn } from 'ava';
import { compiled, inRepository, REPOSITORY } from './paths.js';

/** The Node.js that the programs under test run on. */
export const nodeUnderTest = process.env.V6ONLY_TEST_NODE || process.execPath;

/** Its major version. */
export const nodeUnderTestMajor = Number.parseInt(
  nodeUnderTest === process.execPath
    ? process.versions.node
    : execFileSync(nodeUnderTest, ['-p', 'process.versions.node'], { encoding: 'utf8' }),
  10,
);

/** The preload, as a path for `-r` and as a URL for `--import`. V6ONLY_TEST_PACKAGE names the folder of another copy. */
const packageFolder = process.env.V6ONLY_TEST_PACKAGE || REPOSITORY;
export const registerPath = path.resolve(packageFolder, 'register.js');
export const registerUrl = pathToFileURL(registerPath);

/** A kind of host that host.sh makes. */
export type Kind = 'noinet' | 'v6' | 'lo4' | 'dual' | 'docker' | 'vpn' | 'egress' | 'clat' | 'private' | 'container';

/**
 * The kinds of host that every test of what a program sees runs on. With V6ONLY_TEST_HOSTS=few half of them, with `one` one:
 * CI does so on all versions of Node.js but one. Tests that name their kinds, those of the table of hosts above all, run on
 * all of them.
 */
export const HOST_KINDS: readonly Kind[] =
  { few: ['v6', 'dual'] as const, one: ['v6'] as const }[process.env.V6ONLY_TEST_HOSTS ?? ''] ??
  (['noinet', 'v6', 'lo4', 'dual'] as const);
/** Those, and a host of each sort that has some IPv4: for what every program does first. */
export const MORE_KINDS: readonly Kind[] = [...HOST_KINDS, 'docker', 'egress', 'container'];
/** All that host.sh makes: those, and the hosts with some IPv4. */
export const ALL_KINDS: readonly Kind[] = [...HOST_KINDS, 'docker', 'vpn', 'egress', 'clat', 'private', 'container'];

const hostScript = inRepository('test/support/host.sh');
const dnsScript = compiled('test/support/with-dns.js');
const secondScript = compiled('test/support/second-host.js');

/**
 * V6ONLY_TEST_CONTROL=1 runs the tests on dual-stack hosts alone and without the hook: what they demand of a program with
 * the hook must hold for every program without it.
 */
export const control = process.env.V6ONLY_TEST_CONTROL === '1';

const obstacles = new Map<Kind, string | undefined>();

/** Why a host of this kind cannot be made on this machine, or undefined where it can. */
export function obstacleTo(kind: Kind): string | undefined {
  if (!obstacles.has(kind)) {
    if (process.platform !== 'linux') obstacles.set(kind, `network namespaces need Linux, this is ${process.platform}`);
    else {
      const { status, stderr, error } = spawnSync(hostScript, [kind, 'true'], { encoding: 'utf8', timeout: 20_000 });
      const reason = status === 0 ? undefined : (error?.message ?? stderr.trim().split('\n').at(-1));
      obstacles.set(kind, reason === '' ? `host.sh ended with ${status}` : reason);
    }
  }
  return obstacles.get(kind);
}

/** How many hosts one test file has at a time: AVA starts all its tests at once, and no program would get anything done. */
const HOSTS_AT_A_TIME = 6;
let hosts = 0;
const queue: (() => void)[] = [];

async function inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
  if (hosts === HOSTS_AT_A_TIME) await new Promise<void>((resolve) => queue.push(resolve));
  else hosts++;
  try {
    return await run();
  } finally {
    const next = queue.shift();
    if (next) next();
    else hosts--;
  }
}

/**
 * Declares a test per kind of host; `run(t, kind)` is its body. Where hosts cannot be made the test is skipped, with the
 * reason in its title; with CI=true it fails instead on Linux, where CI must leave nothing out.
 */
export function hostTest(
  test: TestFn,
  kinds: readonly Kind[],
  title: string,
  run: (t: ExecutionContext, kind: Kind) => unknown,
  { failing = false }: { failing?: boolean | undefined } = {},
): void {
  for (const kind of control ? kinds.filter((name) => name === 'dual') : kinds) {
    const obstacle = obstacleTo(kind);
    const name = `${title} [${kind}]`;
    if (obstacle === undefined) {
      (failing ? test.failing : test)(name, (t) => inTurn(async () => void (await run(t, kind))));
    } else if (process.env.CI === 'true' && process.platform === 'linux')
      test(name, (t) => t.fail(`no host of kind ${kind}: ${obstacle}`));
    else test.skip(`${name} left out: ${obstacle}`, () => {});
  }
}

/** How a program runs on a host. */
export interface HostOptions {
  /** `'require'` (default) adds `-r register.js`, `'import'` adds `--import`, `false` adds nothing. */
  hook?: 'require' | 'import' | false | undefined;
  /**
   * Added to this process's environment; undefined takes a variable away. V6ONLY_NAT64 is 64:ff9b::/96 unless it is given: most
   * hosts have no name server that could tell.
   */
  env?: NodeJS.ProcessEnv | undefined;
  /** `'plain'`, `'dns64'` or another mode of zone.ts runs the DNS server of with-dns.ts on the host, as the host's resolver. */
  dns?: string | undefined;
  /** A second host beyond the first, with the servers and clients of second-host.ts; see beyond.ts. */
  second?: boolean | undefined;
  /** net.ipv6.bindv6only=1. */
  bindv6only?: boolean | undefined;
  /** After which it is killed (default 30 s). */
  timeoutMs?: number | undefined;
  /** What to run instead of node. */
  command?: readonly string[] | undefined;
  /** What it reads from its standard input. */
  input?: string | undefined;
}

/** How a program ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function preloadOf(hook: HostOptions['hook']): string[] {
  if (hook === 'require') return ['-r', registerPath];
  return hook === 'import' ? ['--import', registerUrl.href] : [];
}

/**
 * Runs a program on a host of its own and waits for its end.
 * @param args arguments of node: flags, then a script and its arguments
 */
export async function runOnHost(
  kind: Kind,
  args: readonly string[],
  {
    hook = 'require',
    env = {},
    dns,
    second = false,
    bindv6only = false,
    timeoutMs = 30_000,
    command = [nodeUnderTest],
    input = '',
  }: HostOptions = {},
): Promise<Ended> {
  const preload = control ? [] : preloadOf(hook);
  const resolver = dns ? [process.execPath, dnsScript, dns] : [];
  const child = spawn(hostScript, [kind, ...resolver, ...command, ...preload, ...args], {
    env: {
      ...cleanEnvironment(env),
      ...(second && { HOST_SECOND: `${process.execPath} ${secondScript}` }),
      ...(bindv6only && { HOST_BINDV6ONLY: '1' }),
    },
    // A process group of its own, so that a time-out ends the program with all its children.
    detached: true,
  });
  const timer = setTimeout(() => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }, timeoutMs);
  child.stdin.on('error', () => {}).end(input);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (...end) => resolve(end));
    }),
  ]);
  clearTimeout(timer);
  return { code, signal, stdout, stderr };
}

/** Runs `source` as a script, or as a module: see `runOnHost`. */
export function evalOnHost(
  kind: Kind,
  source: string,
  { module = false, flags = [], ...options }: HostOptions & { module?: boolean; flags?: readonly string[] } = {},
): Promise<Ended> {
  const type = module ? ['--input-type=module'] : [];
  return runOnHost(kind, [...flags, ...type, '-e', source], options);
}

// AVA and c8 speak to their own children by environment variables, which are not for the programs under test.
function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, V6ONLY, V6ONLY_POLICY, V6ONLY_STRICT, ...rest } = process.env;
  return Object.fromEntries(
    Object.entries({ ...rest, V6ONLY_NAT64: '64:ff9b::/96', ...env }).filter(([, value]) => value !== undefined),
  );
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
