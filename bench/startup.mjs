// What the preload costs at start-up: milliseconds and MiB of resident memory over plain Node.js.
// node bench/startup.mjs [RUNS]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, table } from './median.mjs';

const register = fileURLToPath(new URL('../register.js', import.meta.url));
const runs = Number(process.argv[2] ?? 60);
const rss = ['-e', 'process.stdout.write(String(process.memoryUsage.rss()))'];

const VARIANTS = {
  'plain node': rss,
  // Most programs that v6only is for load these anyway.
  'node with net, dgram, dns and os': ['-r', 'net', '-r', 'dgram', '-r', 'dns', '-r', 'os', ...rss],
  'node -r v6only/register': ['-r', register, ...rss],
};

const samples = Object.fromEntries(Object.keys(VARIANTS).map((name) => [name, { ms: [], mib: [] }]));
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
    samples[name].mib.push(Number(stdout) / 2 ** 20);
  }
}

const [plain] = Object.keys(VARIANTS);
const base = { ms: median(samples[plain].ms), mib: median(samples[plain].mib) };
console.log(`Start-up, Node.js ${process.version}, medians of ${runs} interleaved runs`);
table(
  ['', 'ms', 'over plain', 'ratio', 'MiB RSS', 'over plain'],
  Object.entries(samples).map(([name, { ms, mib }]) => [
    name,
    median(ms).toFixed(1),
    (median(ms) - base.ms).toFixed(1),
    (median(ms) / base.ms).toFixed(2),
    median(mib).toFixed(1),
    (median(mib) - base.mib).toFixed(1),
  ]),
);
