// Runs every benchmark of this folder, one after the other: npm run bench
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('.', import.meta.url);
const PARTS = new Set(['run.mjs', 'median.mjs', 'on-host.mjs']);

for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith('.mjs') || PARTS.has(file)) continue;
  console.log(`\n=== ${file}`);
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(file, folder))], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
