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
import { beyondIsUp } from './beyond.js';
import { HOST_KINDS, hostTest, nodeUnderTestMajor, runOnHost } from './host.js';

const resultsFile = process.env.V6ONLY_CHECK_RESULTS;
const kindHere = process.env.V6ONLY_CHECK_HOST;
const onHost = resultsFile !== undefined;
// AVA refuses to be loaded by a process that it has not started, and its test files may not await.
const test = onHost ? undefined : createRequire(import.meta.url)('ava');

/** Milliseconds that one check may take, and all of a host: nets for what hangs, not expectations. */
const CHECK_TIMEOUT_MS = 30_000;
const HOST_TIMEOUT_MS = 200_000;

/**
 * @param url `import.meta.url` of the test file
 * @param settings
 *   - `on`: kinds of host, all by default
 *   - `dns`, `env`, `flags`, `hook`, `second`, `bindv6only`: for the process that runs the checks, see `runOnHost`
 * @returns `check(title, [options,] body)`. `body` may throw or reject to fail. Options: `on`, `node` (the oldest major
 *   version that can do it), `failing` (a known fault), `timeoutMs`.
 */
export function suite(url, { on = HOST_KINDS, env, flags = [], ...host } = {}) {
  const file = fileURLToPath(url);
  const checks = [];
  if (onHost) setImmediate(() => runAll(checks, host.second));
  const runs = new Map();
  let queue = Promise.resolve();
  const resultsOn = (kind) => {
    if (!runs.has(kind)) {
      // One host after the other: a machine has few cores and the checks have deadlines.
      queue = queue.then(() => runChecks(file, kind, { env, flags, host }));
      runs.set(kind, queue);
    }
    return runs.get(kind);
  };

  return function check(title, ...rest) {
    const body = rest.pop();
    const { on: kinds = on, node = 0, failing = false, timeoutMs = CHECK_TIMEOUT_MS } = rest[0] ?? {};
    if (onHost) {
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

const skipped = (node) => (test, kinds, title) => {
  for (const kind of kinds) test.skip(`${title} [${kind}] needs Node.js ${node}`, () => {});
};

async function runChecks(file, kind, { env, flags, host }) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-checks-'));
  const results = path.join(scratch, 'results');
  writeFileSync(results, '');
  try {
    const variables = { ...env, V6ONLY_CHECK_RESULTS: results, V6ONLY_CHECK_HOST: kind };
    const end = await runOnHost(kind, [...flags, file], { ...host, env: variables, timeoutMs: HOST_TIMEOUT_MS });
    const lines = readFileSync(results, 'utf8').trim().split('\n').filter(Boolean);
    const byTitle = new Map(lines.map((line) => JSON.parse(line)).map((result) => [result.title, result]));
    return { results: byTitle, end: `exit ${end.code ?? end.signal}\n${end.stderr}${end.stdout}` };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function runAll(checks, second) {
  // Who cannot reach it fails check by check.
  if (second) await beyondIsUp(kindHere).catch(() => {});
  for (const { title, body, timeoutMs } of checks) {
    const error = await outcome(body, timeoutMs);
    writeFileSync(resultsFile, `${JSON.stringify({ title, error })}\n`, { flag: 'a' });
  }
  // A check that failed may have left sockets open.
  process.exit();
}

/** What went wrong, as text, or undefined. */
function outcome(body, timeoutMs) {
  return new Promise((resolve) => {
    const stray = (error) => done(`uncaught: ${error?.stack ?? error}`);
    const timer = setTimeout(() => done(`not done after ${timeoutMs} ms`), timeoutMs);
    const done = (error) => {
      clearTimeout(timer);
      process.off('uncaughtException', stray);
      resolve(error);
    };
    process.on('uncaughtException', stray);
    Promise.resolve()
      .then(body)
      .then(
        () => done(undefined),
        (error) => done(String(error?.stack ?? error)),
      );
  });
}
