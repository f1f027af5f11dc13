// Tests of what a program sees, by topic: one file, many checks, several kinds of host.
//
// A test file calls `suite` and then `check` for each behaviour. AVA loads it and gets one test per check and kind of
// host; the first of them starts the file again, with the hook preloaded, on a host of that kind, where all its checks
// run one after the other. So a check is written as if it ran where it is declared, and a host costs one process.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestFn } from 'ava';
import { beyondIsUp } from './beyond.js';
import { HOST_KINDS, type HostOptions, hostTest, type Kind, nodeUnderTestMajor, runOnHost } from './host.js';

const resultsFile = process.env.V6ONLY_CHECK_RESULTS;
const kindHere = process.env.V6ONLY_CHECK_HOST as Kind;
// AVA refuses to be loaded by a process that it has not started, and its test files may not await.
const test = resultsFile === undefined ? (createRequire(import.meta.url)('ava') as TestFn) : undefined;

/** Milliseconds that one check may take, and all of a host: nets for what hangs, not expectations. */
const CHECK_TIMEOUT_MS = 30_000;
const HOST_TIMEOUT_MS = 200_000;

/** Where the checks of a file run, and how. */
export interface SuiteSettings extends Pick<HostOptions, 'env' | 'dns' | 'hook' | 'second' | 'bindv6only'> {
  /** Kinds of host, all by default. */
  on?: readonly Kind[];
  /** Of node, for the process that runs the checks. */
  flags?: readonly string[];
}

/** What is special about one check. */
export interface CheckOptions {
  on?: readonly Kind[];
  /** The oldest major version of Node.js that can do it. */
  node?: number;
  /** It is a known fault. */
  failing?: boolean;
  timeoutMs?: number;
}

/** Throws or rejects to fail. */
export type CheckBody = () => unknown;

/** Declares a check: a test on each kind of host. */
export type Check = (title: string, ...rest: [body: CheckBody] | [options: CheckOptions, body: CheckBody]) => void;

interface Declared {
  readonly title: string;
  readonly body: CheckBody;
  readonly timeoutMs: number;
}

/** What a check came to: without an error it has passed. */
interface Result {
  readonly title: string;
  readonly error?: string;
}

/** What came of all checks on one host, and how their process ended. */
interface Results {
  readonly results: ReadonlyMap<string, Result>;
  readonly end: string;
}

/** @param url `import.meta.url` of the test file */
export function suite(url: string, settings: SuiteSettings = {}): Check {
  const { on = HOST_KINDS, second } = settings;
  const file = fileURLToPath(url);
  const checks: Declared[] = [];
  if (test === undefined) setImmediate(() => runAll(checks, second));
  const runs = new Map<Kind, Promise<Results>>();
  let queue: Promise<unknown> = Promise.resolve();
  const resultsOn = (kind: Kind): Promise<Results> => {
    const running = runs.get(kind);
    if (running) return running;
    // One host after the other: a machine has few cores and the checks have deadlines.
    const run = queue.then(() => runChecks(file, kind, settings));
    queue = run;
    runs.set(kind, run);
    return run;
  };

  return function check(title, ...rest) {
    const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
    const { on: kinds = on, node = 0, failing = false, timeoutMs = CHECK_TIMEOUT_MS }: CheckOptions = options;
    if (test === undefined) {
      if (kinds.includes(kindHere) && nodeUnderTestMajor >= node) checks.push({ title, body, timeoutMs });
      return;
    }
    const declare = nodeUnderTestMajor < node ? skipped(node) : hostTest;
    declare(
      test,
      kinds,
      title,
      async (t, kind) => {
        // Its host may be the last of several, each with its own limit.
        t.timeout(on.length * HOST_TIMEOUT_MS + 10_000);
        const { results, end } = await resultsOn(kind);
        const result = results.get(title);
        if (result === undefined) t.fail(`the process did not come to this check: ${end}`);
        else if (result.error) t.fail(result.error);
        else t.pass();
      },
      { failing },
    );
  };
}

const skipped =
  (node: number): typeof hostTest =>
  (test, kinds, title) => {
    for (const kind of kinds) test.skip(`${title} [${kind}] needs Node.js ${node}`, () => {});
  };

async function runChecks(file: string, kind: Kind, settings: SuiteSettings): Promise<Results> {
  const { on: _, env, flags = [], ...host } = settings;
  const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-checks-'));
  const results = path.join(scratch, 'results');
  writeFileSync(results, '');
  try {
    const variables = { ...env, V6ONLY_CHECK_RESULTS: results, V6ONLY_CHECK_HOST: kind };
    const end = await runOnHost(kind, [...flags, file], { ...host, env: variables, timeoutMs: HOST_TIMEOUT_MS });
    const lines = readFileSync(results, 'utf8').trim().split('\n').filter(Boolean);
    const byTitle = new Map(lines.map((line) => JSON.parse(line) as Result).map((result) => [result.title, result]));
    return { results: byTitle, end: `exit ${end.code ?? end.signal}\n${end.stderr}${end.stdout}` };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function runAll(checks: readonly Declared[], second: boolean | undefined): Promise<void> {
  // Who cannot reach it fails check by check.
  if (second) await beyondIsUp(kindHere).catch(() => {});
  for (const { title, body, timeoutMs } of checks) {
    const error = await outcome(body, timeoutMs);
    writeFileSync(resultsFile as string, `${JSON.stringify({ title, error })}\n`, { flag: 'a' });
  }
  // A check that failed may have left sockets open.
  process.exit();
}

/** What went wrong, as text, or undefined. */
function outcome(body: CheckBody, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const stray = (error: unknown) => done(`uncaught: ${textOf(error)}`);
    const timer = setTimeout(() => done(`not done after ${timeoutMs} ms`), timeoutMs);
    const done = (error?: string) => {
      clearTimeout(timer);
      process.off('uncaughtException', stray);
      resolve(error);
    };
    process.on('uncaughtException', stray);
    Promise.resolve()
      .then(body)
      .then(
        () => done(undefined),
        (error) => done(textOf(error)),
      );
  });
}

const textOf = (error: unknown): string => (error instanceof Error && error.stack) || String(error);
