// The esbuild plugin that gives each file of src/, and of the packages in the bundles, as transform.mts makes it.
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import ts from 'typescript';
import { Transform } from './transform.mjs';

/** Compiles what a tsconfig.json names, and checks it. */
export function compile(config: string): ts.Program {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: report };
  const parsed = ts.getParsedCommandLineOfConfigFile(config, {}, host);
  if (parsed === undefined) throw new Error(`${config} cannot be read`);
  const program = ts.createProgram(parsed.fileNames, parsed.options);
  const { diagnostics } = program.emit();
  const all = ts.sortAndDeduplicateDiagnostics([...ts.getPreEmitDiagnostics(program), ...diagnostics]);
  all.forEach(report);
  if (all.length > 0) process.exit(1);
  return program;
}

function report(diagnostic: ts.Diagnostic): void {
  const host: ts.FormatDiagnosticsHost = {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: ts.sys.getCurrentDirectory,
    getNewLine: () => '\n',
  };
  process.stderr.write(ts.formatDiagnostic(diagnostic, host));
}

/** Packages have no types: TypeScript's library alone, and what can be inferred. */
function programOf(file: string, ofSrc: ts.Program): ts.Program {
  const options: ts.CompilerOptions = {
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

/** What the code in the bundles uses of the language's own library, and the plugin that finds it. */
export interface BuiltIns {
  readonly transform: Transform;
  readonly plugin: Plugin;
}

export function takeBuiltIns(program: ts.Program): BuiltIns {
  const transform = new Transform();
  const made = new Map<string, string>();
  const contents = (file: string): string => {
    const known = made.get(file);
    if (known !== undefined) return known;
    const of = program.getSourceFile(file) ? program : programOf(file, program);
    const text = transform.apply(of, file);
    made.set(file, text);
    return text;
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
