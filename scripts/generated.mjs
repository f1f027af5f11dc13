// For scripts that make files of the repository from src/: how they read TypeScript, and how they write or check.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

export const at = (file) => new URL(`../${file}`, import.meta.url);

/** The exports of a TypeScript module: these scripts run before anything is compiled. */
export function load(file) {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(at(file))],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
  });
  const module = { exports: {} };
  const run = new Function('module', 'exports', 'require', outputFiles[0].text);
  run(module, module.exports, createRequire(import.meta.url));
  return module.exports;
}

/** Writes what differs, or says so; @returns the names of the files that differed. */
export function put(files, { check = false } = {}) {
  const stale = [...files].filter(([file, text]) => readFileSync(at(file), 'utf8') !== text);
  if (!check) for (const [file, text] of stale) writeFileSync(at(file), text);
  return stale.map(([file]) => file);
}

/** What such a script does when it is run: `--check` exits with 1 where a file is not current. */
export function main(url, generate) {
  if (process.argv[1] !== fileURLToPath(url)) return;
  const check = process.argv.includes('--check');
  const stale = put(generate(), { check });
  if (!check || stale.length === 0) return;
  for (const file of stale) console.error(`${file} is not current: run npm run build`);
  process.exitCode = 1;
}
