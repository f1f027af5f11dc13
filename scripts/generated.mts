// For scripts that make files of the repository from src/: how they read TypeScript.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** Path of a file in the repository → its whole text. */
export type Files = ReadonlyMap<string, string>;

/** A file or folder of the repository; this script runs from build/scripts. */
export const at = (file: string): URL => new URL(`../../${file}`, import.meta.url);

/**
 * The exports of a TypeScript module of src/, bundled here and now: these scripts run before src/ is compiled.
 * @typeParam Module `typeof import('…')` of the same file
 */
export function load<Module>(file: string): Module {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(at(file))],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
  });
  const module: { exports: unknown } = { exports: {} };
  const run = new Function('module', 'exports', 'require', outputFiles[0].text);
  run(module, module.exports, createRequire(import.meta.url));
  return module.exports as Module;
}
