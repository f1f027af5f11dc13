// Runs a checkout of Node's own tests with and without IPv4, with and without the hook, and states three rates.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { inRepository } from '../support/paths.js';
import { type Accepted, failures, RATE_NAMES, RATES, type Result, rate, table } from './rates.js';
import { LANE_NAMES, LANES, type Lane, type Outcome, runTest, writeHostFiles } from './run-test.js';
import { MODULE_ORDER, type NodeTest, selectTests } from './select.js';

const USAGE = `npm run conformance -- --tests DIR [options]
  --tests DIR      the test/ directory of a checkout of Node's source, of the release under test (needed)
  --node PATH      the Node to test (this one)
  --only RE        only tests whose suite/name matches
  --modules LIST   ${MODULE_ORDER.join(',')} (all)
  --lanes LIST     ${LANE_NAMES.join(',')} (all)
  --hook FILE      the preload (register.js of this checkout)
  --baseline LIST  earlier --out files: lanes without the hook are taken from them
  --out FILE       save the results as JSON, and the table beside it as .md
  --jobs N         tests at a time (2)
  --timeout SEC    per test (60)
  --no-retry       do not run a failed test a second time
Exit code 1 if a test fails with the hook whose failure is not listed in accepted.json.`;

const { values: options } = parseArgs({
  options: {
    tests: { type: 'string' },
    node: { type: 'string', default: process.execPath },
    only: { type: 'string' },
    modules: { type: 'string' },
    lanes: { type: 'string', default: LANE_NAMES.join(',') },
    hook: { type: 'string', default: inRepository('register.js') },
    baseline: { type: 'string' },
    out: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    timeout: { type: 'string', default: '60' },
    'no-retry': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help || !options.tests) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 2);
}
const suite = path.resolve(options.tests);
for (const [what, file] of [
  ['--tests', path.join(suite, 'common', 'index.js')],
  ['--hook', options.hook],
]) {
  if (!fs.existsSync(file)) {
    console.error(`conformance: ${what}: there is no ${file}`);
    process.exit(2);
  }
}

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'v6c-'));
process.on('exit', () => fs.rmSync(directory, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
writeHostFiles(directory);

const node = path.resolve(options.node);
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
const lanes = options.lanes.split(',');
const timeoutMs = Number(options.timeout) * 1000;
const tests = selectTests(suite, {
  only: options.only ? new RegExp(options.only) : undefined,
  modules: options.modules?.split(','),
});
const baseline = (options.baseline?.split(',') ?? []).flatMap(
  (file): Result[] => JSON.parse(fs.readFileSync(file, 'utf8')).results,
);
const earlier = new Map(baseline.map((r) => [r.id, r.lanes]));

async function attempt(test: NodeTest, lane: Lane, slot: number, limitMs: number): Promise<Outcome> {
  const settings = {
    node,
    hook: path.resolve(options.hook),
    directory,
    slot,
    cwd: path.dirname(suite),
  };
  const first = await runTest(test, lane, { ...settings, timeoutMs: limitMs });
  // Without IPv4 and without the hook a failure is expected, and often a hang: no second try.
  if (first.status === 'pass' || first.status === 'skip' || lane === 'bare' || options['no-retry']) return first;
  const second = await runTest(test, lane, { ...settings, timeoutMs: limitMs * 2 });
  return second.status === 'pass' ? { ...second, flaky: first.cause } : second;
}

async function judge(test: NodeTest, slot: number): Promise<Result> {
  const done: Partial<Record<Lane, Outcome>> = {};
  for (const lane of LANE_NAMES) {
    const known = LANES[lane].hook ? undefined : earlier.get(test.id)?.[lane];
    if (known) done[lane] = known;
    else if (lanes.includes(lane)) {
      if (lane !== 'native' && done.native && done.native.status !== 'pass') continue;
      // A test that needs half a second with IPv4 is not given a minute to hang without it.
      const limitMs = done.native ? Math.min(timeoutMs, Math.max(8000, 8 * done.native.ms)) : timeoutMs;
      done[lane] = await attempt(test, lane, slot, limitMs);
    }
  }
  return { id: test.id, module: test.module, lanes: done };
}

const queue = tests.filter(({ skipped }) => !skipped);
const results: Result[] = [];
const started = Date.now();
const short = { pass: '.', fail: 'F', timeout: 'T', skip: 's' };
await Promise.all(
  Array.from({ length: Math.max(1, Number(options.jobs)) }, async (_, slot) => {
    for (let test = queue.shift(); test; test = queue.shift()) {
      const result = await judge(test, slot);
      results.push(result);
      const marks = LANE_NAMES.map((lane) => {
        const outcome = result.lanes[lane];
        return outcome ? short[outcome.status] : ' ';
      });
      console.log(`${marks.join('')} ${result.id}`);
    }
  }),
);
results.sort((a, b) => (a.id < b.id ? -1 : 1));

const accepted: Accepted = JSON.parse(fs.readFileSync(inRepository('test/conformance/accepted.json'), 'utf8'));
const rates = rate(results);
const failed = failures(results, rates, accepted);
const notes = failed.map(
  (f) => `- ${f.rate}: ${f.id}: ${f.accepted ? `accepted: ${f.accepted}` : `${f.status}: ${f.cause}`}`,
);
const counts = RATE_NAMES.map((name) => `- ${name}: ${RATES[name].title}`);
const text = `Node ${version}, ${results.length} tests\n\n${table(rates)}\n\n${counts.join('\n')}\n\n${notes.join('\n')}\n`;
console.log(`\n${text}`);
if (options.out) {
  fs.writeFileSync(
    options.out,
    JSON.stringify({ version, lanes, seconds: (Date.now() - started) / 1000, rates, failed, results }, null, 1),
  );
  fs.writeFileSync(options.out.replace(/(\.json)?$/, '.md'), text);
}
process.exitCode = failed.some((f) => !f.accepted) ? 1 : 0;
