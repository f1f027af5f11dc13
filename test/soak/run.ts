#!/usr/bin/env node
// npm run test:soak: many connections, datagrams, names and listeners, each content checked, natively on a dual-stack host and
// with the hook where there is no IPv4, side by side. What grows is compared: heap, resident memory, descriptors.
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type Kind, runOnHost } from '../support/host.js';
import { type Measured, type Metric, TIMES, type Time } from './measured.js';
import { COUNTS } from './phases.js';

const USAGE = `npm run test:soak -- [options]
  --share N      of ${Object.entries(COUNTS)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')} (1)
  --hosts LIST   kinds of host to run with the hook on (v6)`;

const { values: options } = parseArgs({
  options: {
    share: { type: 'string', default: '1' },
    hosts: { type: 'string', default: 'v6' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit();
}
const share = Number(options.share);

/** The young generation has one size from the start: else it would grow by steps of its own, and hide what else does. */
const FLAGS = ['--expose-gc', '--min-semi-space-size=4', '--max-semi-space-size=4'];
const MB = 2 ** 20;
/**
 * What may grow beyond native growth and a tenth of it. Heap: compiled code, and the tables of names, routes and ports, all of
 * which are bounded. Resident memory: what the allocator keeps of it, which differs from run to run by as much natively.
 */
const ALLOWANCES: Readonly<Record<Metric, number>> = { heap: 3 * MB, rss: 24 * MB, descriptors: 0 };
const MAX_MS = 3_600_000;

/** How one run went: what was measured, or what is wrong. */
interface Soaked {
  readonly name: string;
  readonly at: Readonly<Record<Time, Measured>>;
  readonly error: string;
  readonly seconds: number;
}

async function soak(kind: Kind, hook: 'require' | false): Promise<Soaked> {
  const program = path.join(import.meta.dirname, 'program.js');
  const began = Date.now();
  const end = await runOnHost(kind, [...FLAGS, program, String(share)], { hook, dns: 'plain', timeoutMs: MAX_MS });
  const lines = end.stdout.split('\n').filter(Boolean);
  const measured = lines.map((line) => JSON.parse(line) as Measured);
  const at = Object.fromEntries(measured.map((one) => [one.at, one])) as Record<Time, Measured>;
  const error =
    end.code === 0 && TIMES.every((time) => at[time]) ? '' : `exit ${end.code ?? end.signal}\n${end.stderr}`;
  return { name: hook ? `hook, ${kind}` : 'native', at, error, seconds: Math.round((Date.now() - began) / 1000) };
}

const show = (metric: Metric, value: number) =>
  metric === 'descriptors' ? String(value) : `${(value / MB).toFixed(1)} MB`;
const row = (...cells: string[]) =>
  console.log(cells.map((cell, i) => (i < 2 ? cell.padEnd(14) : cell.padStart(12))).join(''));

const kinds = options.hosts.split(',') as Kind[];
console.log(
  Object.entries(COUNTS)
    .map(([name, count]) => `${Math.round(count * share)} ${name}`)
    .join(', '),
);
const [native, ...hooked] = await Promise.all([soak('dual', false), ...kinds.map((kind) => soak(kind, 'require'))]);

let passed = 0;
const failures: string[] = [];
const judge = (isRight: boolean, what: string) => {
  if (isRight) passed++;
  else failures.push(what);
};
for (const { name, error, seconds } of [native, ...hooked]) {
  console.log(`${name}: ${error || `all contents right, ${seconds} s`}`);
  judge(error === '', `${name}: ${error}`);
}
row('', '', ...TIMES, 'growth', 'at most');
for (const [metric, allowance] of Object.entries(ALLOWANCES) as [Metric, number][]) {
  const growth = ({ at }: Soaked) => at.end[metric] - at.start[metric];
  for (const run of [native, ...hooked].filter(({ error }) => error === '')) {
    const isJudged = run !== native && native.error === '';
    const most = isJudged ? Math.round(Math.max(growth(native), 0) * 1.1) + allowance : 0;
    const shown = isJudged ? show(metric, most) : '';
    row(metric, run.name, ...TIMES.map((time) => show(metric, run.at[time][metric])), show(metric, growth(run)), shown);
    if (isJudged)
      judge(growth(run) <= most, `${run.name}: ${metric} grows by ${show(metric, growth(run))}, not ${shown}`);
  }
}
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
