// What the preload costs at start-up: milliseconds and MiB of resident memory over plain Node.js.
// node build/bench/startup.mjs [RUNS]
import { spawnSync } from 'node:child_process';
import { inRepository } from '../test/support/paths.js';
import { median, table } from './median.mjs';
import { record } from './on-host.mjs';

const register = inRepository('register.js');
const runs = Number(process.argv[2] ?? 60);
// CPU time is beside the clock because it does not wait for whatever else the machine does.
const TELL = `const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ mib: process.memoryUsage.rss() / 2 ** 20, cpu: (user + system) / 1000 }))`;
const tell = ['-e', TELL];

const VARIANTS = {
  'plain node': tell,
  // Most programs that v6only is for load these anyway.
  'node with net, dgram, dns and os': ['-r', 'net', '-r', 'dgram', '-r', 'dns', '-r', 'os', ...tell],
  'node -r v6only/register': ['-r', register, ...tell],
};

/** What each run took. */
interface Samples {
  readonly ms: number[];
  readonly cpu: number[];
  readonly mib: number[];
}

const samples: Record<string, Samples> = Object.fromEntries(
  Object.keys(VARIANTS).map((name) => [name, { ms: [], cpu: [], mib: [] }]),
);
const env = { ...process.env };
delete env.NODE_OPTIONS;

// Interleaved, so that whatever else the machine does falls on all alike; the first round warms the caches.
for (let run = 0; run <= runs; run++) {
  for (const [name, args] of Object.entries(VARIANTS)) {
    const start = process.hrtime.bigint();
    const { stdout, status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    if (status !== 0) throw new Error(stderr);
    if (run === 0) continue;
    samples[name].ms.push(ms);
    const { mib, cpu } = JSON.parse(stdout);
    samples[name].mib.push(mib);
    samples[name].cpu.push(cpu);
  }
}

const [plain] = Object.values(samples);
const over = (values: number[], base: number[]) => (median(values) - median(base)).toFixed(1);
console.log(`Start-up, Node.js ${process.version}, medians of ${runs} interleaved runs; "+" is over plain Node.js`);
table(
  ['', 'ms', '+', 'ratio', 'CPU ms', '+', 'MiB RSS', '+'],
  Object.entries(samples).map(([name, { ms, cpu, mib }]) => [
    name,
    median(ms).toFixed(1),
    over(ms, plain.ms),
    (median(ms) / median(plain.ms)).toFixed(2),
    median(cpu).toFixed(1),
    over(cpu, plain.cpu),
    median(mib).toFixed(1),
    over(mib, plain.mib),
  ]),
);
for (const [unit, field] of [
  ['ms', 'ms'],
  ['CPU ms', 'cpu'],
  ['MiB', 'mib'],
] as const)
  record(
    'Start-up',
    unit,
    Object.entries(samples).map(([name, sample]) => [name, sample[field]]),
  );
