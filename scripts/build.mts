// Makes the files that are generated from src/ (the policy's, the lists in docs/), then compiles all TypeScript into build/,
// which mirrors the repository: src/ with tsc, the rest (tests, benches, scripts) with esbuild, which does not check types;
// `npm run typecheck` does. Then bundles what a user loads into dist/: a preload of thirty small files costs several
// milliseconds more than one (see bench/startup.mts). It is compiled and run by run.mjs.
//
// What src/ loads with require() inside a function is not needed at start: it goes into a file of its own, one for each
// folder of src/, so that a program that never asks for it does not even have it parsed.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import { type BuildOptions, build, type Plugin, type TransformOptions, transformSync } from 'esbuild';
import { compile, takeBuiltIns } from './built-ins/plugin.mjs';
import './generate.mjs';

// What an earlier build left would be packed, or run as a test.
for (const folder of ['dist', 'build']) rmSync(folder, { recursive: true, force: true });

const require = createRequire(import.meta.url);
const builtIns = takeBuiltIns(compile('src/tsconfig.json'));
await compileTests();

const src = path.resolve('src');
/** Folder of src/ → modules of it that are loaded later. */
const lazy = new Map<string, Set<string>>();
/** Packages that are loaded later. */
const packages = new Set<string>();
/** Folder → how many modules its file has by now. */
const built = new Map<string, number>();

/** Each file by itself, to the same place under build/: x.ts to x.js, x.mts to x.mjs. */
async function compileTests(): Promise<void> {
  for (const extension of ['ts', 'mts']) {
    await build({
      entryPoints: ['test', 'bench', 'samples', 'scripts'].flatMap((folder) => filesOf(folder, extension)),
      outbase: '.',
      outdir: 'build',
      outExtension: { '.js': `.${extension.replace('t', 'j')}` },
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      sourcesContent: false,
      logLevel: 'warning',
    });
  }
  // It says that they are ES modules.
  cpSync('test/package.json', 'build/test/package.json');
}

function filesOf(folder: string, extension: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(`.${extension}`) && !file.endsWith('.d.ts') && !file.includes('node_modules'))
    .filter((file) => !file.startsWith('types'))
    .map((file) => path.join(folder, file));
}

/** Leaves what is loaded later out of a bundle, but for the folder that the bundle is of. */
const splitLazy = (own: string): Plugin => ({
  name: 'split-lazy',
  setup({ onResolve }) {
    // A package, loaded later by a file of ours.
    onResolve({ filter: /^[^.]/ }, ({ kind, path: request, importer }) => {
      if (kind !== 'require-call' || !importer.startsWith(src) || isBuiltin(request)) return undefined;
      // The first IPv6 address may come when no descriptor is left to read a file with.
      if (request === 'ipaddr.js') return undefined;
      packages.add(request);
      return { path: `./vendor/${request.replace(/\W+/g, '-')}.js`, external: true };
    });
    onResolve({ filter: /^\./ }, ({ kind, path: request, resolveDir }) => {
      const [folder, ...rest] = path.relative(src, path.resolve(resolveDir, request)).split(path.sep);
      if (kind !== 'require-call' || folder === '..' || folder === own || rest.length === 0) return undefined;
      const modules = lazy.get(folder) ?? new Set<string>();
      lazy.set(folder, modules.add(`./${path.posix.join(folder, ...rest)}`));
      return { path: `./${folder}.js`, external: true };
    });
  },
});

/** The head of a file of dist/, or of a folder of it. */
const head = (root: string): string =>
  [
    '"use strict";',
    `const __b = require("${root}/built-ins.js");`,
    'const __builtin = (module) => __b.ObjectCreate(module, { default: { value: module } });',
  ].join('\n');

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  alias: { debug: path.resolve('scripts/debug-shim.cjs') },
  metafile: true,
  banner: { js: head('.') },
  write: false,
} as const satisfies BuildOptions;

/** Of a file of dist/: what goes into it, and its place. */
type Bundle = Pick<BuildOptions, 'entryPoints' | 'stdin' | 'outdir' | 'outfile' | 'plugins' | 'banner'>;

/** The packages whose code is in the bundles. */
const bundled = new Set<string>();

async function write(options: Bundle): Promise<void> {
  const { metafile, outputFiles } = await build({ ...common, ...options });
  for (const { path: file, text } of outputFiles) {
    mkdirSync(path.dirname(file), { recursive: true });
    // A fifth of what compiling costs at each start. Node prints the line of an uncaught error: none may be long.
    const dense: TransformOptions = { minifyWhitespace: true, lineLimit: 120, legalComments: 'none' };
    writeFileSync(file, transformSync(withOwnHelpers(text), dense).code);
  }
  for (const input of Object.keys(metafile.inputs)) {
    const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(input) ?? [];
    if (name) bundled.add(`${input.slice(0, input.lastIndexOf(`node_modules/${name}/`))}node_modules/${name}`);
  }
}

/**
 * esbuild copies the properties of each imported builtin for each importing file, about 1 ms of a preload. An object whose
 * prototype is the builtin does as well, and its properties are live. And its helpers use what runtime.cjs took, as the rest
 * of the code does: some files are loaded when the program has long begun.
 */
function withOwnHelpers(text: string): string {
  return text
    .replace(/__toESM\((require\("node:[a-z_/]+"\))(?:, 1)?\)/g, '__builtin($1)')
    .replace(/^(?:var )?(__\w+ = )(.*)/gm, (line) =>
      line
        .replace(/Object\.prototype\.hasOwnProperty/g, '__b.ObjectHasOwn')
        .replace(/\bObject\.(\w+)/g, (_, name: string) => builtIns.transform.taken.static('Object', name)),
    )
    .replaceAll('__hasOwnProp.call(', '__hasOwnProp(')
    .replaceAll('{ get: ', '{ __proto__: null, get: ')
    .replaceAll('for (let key of __getOwnPropNames(from))', 'for (let key of __b.iterate(__getOwnPropNames(from)))');
}

/** What its package.json says of a package. */
const manifestOf = (folder: string): { name: string; version: string; license?: string } =>
  JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));

/** Whose code is given on, with whose licence. */
function writeLicences(): void {
  const texts = [...bundled].sort().map((folder) => {
    const { name, version, license } = manifestOf(folder);
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(path.join(folder, file), 'utf8').trim() : `Licence: ${license}`;
    return `${name} ${version}\n\n${text}\n`;
  });
  writeFileSync('dist/THIRD-PARTY-LICENCES.txt', texts.join(`\n${'-'.repeat(80)}\n\n`));
}

/** Bundles a file, or a text that imports several, then what it loads later. */
async function bundle(name: string, source: { file: string } | { contents: string }): Promise<void> {
  const what: Bundle =
    'file' in source
      ? { entryPoints: { [name]: source.file }, outdir: 'dist' }
      : { stdin: { contents: source.contents, resolveDir: src, loader: 'ts' }, outfile: `dist/${name}.js` };
  await write({ ...what, plugins: [splitLazy(name), builtIns.plugin] });
  await bundleLazy();
}

/** dist/index.js: what users import, of the file that the preload is too, so that the hook is loaded once. */
function writePublicEntry(): void {
  const { preload, tellOfWrongPreload, ...exported }: Record<string, unknown> = require(
    path.resolve('dist/preload.js'),
  );
  const names = Object.keys(exported).join(', ');
  // In this form Node.js finds the names for `import { enable }`.
  writeFileSync(
    'dist/index.js',
    `"use strict";
const { ${names}, tellOfWrongPreload } = require("./preload.js");
tellOfWrongPreload();
module.exports = { ${names} };
`,
  );
}

async function bundleLazy(): Promise<void> {
  for (const [folder, modules] of lazy) {
    if (built.get(folder) === modules.size) continue;
    built.set(folder, modules.size);
    const contents = [...modules].map((module) => `export * from '${module}';`).join('\n');
    const stdin = { contents, resolveDir: src, loader: 'ts' } as const;
    await write({ stdin, outfile: `dist/${folder}.js`, plugins: [splitLazy(folder), builtIns.plugin] });
  }
}

await bundle('preload', {
  contents: "export * from './index'; export { preload, tellOfWrongPreload } from './preload';",
});
await bundle('cli', { file: 'src/cli/main.ts' });
await bundle('simulate', { file: 'src/cli/simulate-register.ts' });
await bundle('audit', { file: 'src/cli/audit-register.ts' });
chmodSync('dist/cli.js', 0o755);
for (const name of packages) {
  const outfile = `dist/vendor/${name.replace(/\W+/g, '-')}.js`;
  const banner = { js: head('..') };
  await write({ banner, entryPoints: [name], outfile, plugins: [builtIns.plugin] });
}
if (builtIns.transform.faults.length > 0) throw new Error(builtIns.transform.faults.join('\n'));
writeFileSync('dist/built-ins.js', builtIns.transform.taken.runtime());
writePublicEntry();
writeLicences();
