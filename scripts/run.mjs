// Compiles the scripts of this folder into build/, and runs one of them: node scripts/run.mjs NAME [ARGUMENT...]
// It is JavaScript because nothing is compiled before it runs.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('build/scripts', { recursive: true, force: true });
await build({
  entryPoints: ['scripts/**/*.mts'],
  outbase: '.',
  outdir: 'build',
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
});
process.setSourceMapsEnabled(true);
await import(`../build/scripts/${process.argv[2]}.mjs`);
