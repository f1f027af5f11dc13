// Compiles src/ with tsc into build/ (what the unit tests load), then bundles what a user loads into dist/:
// one file for the preload and the public API, one for the command line. A preload of thirty small files
// costs several milliseconds more than one (see bench/startup.mjs).
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
execFileSync(process.execPath, [require.resolve('typescript/bin/tsc')], { stdio: 'inherit' });
await build({
  entryPoints: { index: 'build/index.js' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  legalComments: 'linked',
});
