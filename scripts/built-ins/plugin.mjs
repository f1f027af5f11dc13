// The esbuild plugin that gives each file of src/, and of the packages in the bundles, as transform.mjs makes it.
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'typescript';
import { Transform } from './transform.mjs';

/** Compiles what a tsconfig.json names, and checks it. */
export function compile(config) {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: report };
  const { fileNames, options } = ts.getParsedCommandLineOfConfigFile(config, {}, host);
  const program = ts.createProgram(fileNames, options);
  const { diagnostics } = program.emit();
  const all = ts.sortAndDeduplicateDiagnostics([...ts.getPreEmitDiagnostics(program), ...diagnostics]);
  all.forEach(report);
  if (all.length > 0) process.exit(1);
  return program;
}

function report(diagnostic) {
  const host = {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: ts.sys.getCurrentDirectory,
    getNewLine: () => '\n',
  };
  process.stderr.write(ts.formatDiagnostic(diagnostic, host));
}

/** Packages have no types: TypeScript's library alone, and what can be inferred. */
function programOf(file, ofSrc) {
  const options = {
    ...ofSrc.getCompilerOptions(),
    allowJs: true,
    noEmit: true,
    noResolve: true,
    types: [],
    declaration: false,
    declarationDir: undefined,
    rootDir: undefined,
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile;
  host.getSourceFile = (name, ...rest) =>
    (/\/lib\.[\w.]*d\.ts$/.test(name) && ofSrc.getSourceFile(name)) || read.call(host, name, ...rest);
  const types = createRequire(import.meta.url).resolve('@types/node/package.json');
  return ts.createProgram([file, path.join(path.dirname(types), 'index.d.ts')], options, host);
}

export function takeBuiltIns(program) {
  const transform = new Transform();
  const made = new Map();
  const contents = (file) => {
    if (!made.has(file)) {
      const of = program.getSourceFile(file) ? program : programOf(file, program);
      made.set(file, transform.apply(of, file));
    }
    return made.get(file);
  };
  return {
    transform,
    plugin: {
      name: 'take-built-ins',
      setup({ onLoad }) {
        onLoad({ filter: /\.(ts|[cm]?js)$/ }, ({ path: file }) => ({
          contents: contents(file),
          loader: file.endsWith('.ts') ? 'ts' : 'js',
        }));
      },
    },
  };
}
