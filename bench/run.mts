// Runs every benchmark of this folder, one after the other, and prints what they measured in one table: npm run bench
// npm run bench -- --out FILE writes the same as JSON, an array of `Measurement`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { table } from './median.mjs';
import type { Measurement } from './on-host.mjs';

const folder = new URL('.', import.meta.url);
const PARTS = new Set(['run.mjs', 'median.mjs', 'on-host.mjs']);
const { values } = parseArgs({ options: { out: { type: 'string' } } });

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-bench-'));
const lines = path.join(scratch, 'measurements');
writeFileSync(lines, '');
try {
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.mjs') || PARTS.has(file)) continue;
    console.log(`\n=== ${file}`);
    const env = { ...process.env, V6ONLY_BENCH_OUT: lines };
    const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(file, folder))], { stdio: 'inherit', env });
    if (status !== 0) process.exitCode = 1;
  }
  const measurements = readFileSync(lines, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Measurement);
  console.log('\n=== all');
  table(
    ['', 'median', 'unit', 'ratio', 'spread'],
    measurements.map(({ title, name, median, unit, ratio, lowestRatio, highestRatio }) => [
      `${title}: ${name}`,
      median < 100 ? median.toFixed(3) : Math.round(median),
      unit,
      ratio.toFixed(3),
      `${lowestRatio.toFixed(2)} to ${highestRatio.toFixed(2)}`,
    ]),
  );
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(measurements, null, 2)}\n`);
} finally {
  rmSync(scratch, { recursive: true });
}
