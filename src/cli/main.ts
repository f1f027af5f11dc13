#!/usr/bin/env node
import { nearest } from '../policy/edit-distance';
import { V6OnlyError } from '../report/errors';
import { printableLines } from '../report/printable';
import { noMoreWords, usage } from './arguments';
import type { Command } from './command';
import { DEFINITIONS } from './definition';
import { EXIT } from './exit-codes';
import { packageVersion, placeForReports } from './files';
import { helpOfAll } from './help';
import { outputTo } from './output';

/** Each command is loaded only when it is used. */
const COMMANDS: Readonly<Record<string, () => Command>> = {
  run: () => (require('./run') as typeof import('./run')).run,
  explain: () => (require('./explain') as typeof import('./explain')).explainCommand,
  doctor: () => (require('./doctor') as typeof import('./doctor')).doctor,
  audit: () => (require('./audit') as typeof import('./audit')).audit,
  check: () => (require('./check') as typeof import('./check')).check,
  simulate: () => (require('./simulate') as typeof import('./simulate')).simulate,
  dns64: () => (require('./dns64') as typeof import('./dns64')).dns64,
};

async function main(argv: readonly string[]): Promise<number> {
  const out = outputTo(process.stdout);
  const [name, ...rest] = argv;
  switch (name) {
    case undefined:
      out.lines(helpOfAll());
      return EXIT.usage;
    case '--version':
    case '-V':
    case 'version':
      noMoreWords('version', rest);
      out.line(packageVersion());
      return EXIT.ok;
    case '--help':
    case '-h':
    case 'help': {
      const [about, ...more] = rest;
      noMoreWords('help', more);
      if (about === undefined) out.lines(helpOfAll());
      return about === undefined ? EXIT.ok : out.help(definitionOf(about));
    }
  }
  const command = COMMANDS[definitionOf(name).name] as () => Command;
  return command()(rest, out);
}

function definitionOf(name: string) {
  const definition = DEFINITIONS.find((one) => one.name === name);
  if (definition !== undefined) return definition;
  const meant = nearest(
    name,
    DEFINITIONS.map((one) => one.name),
  );
  throw usage(`there is no command "${name}"`, meant ? `Did you mean "${meant}"?` : 'See v6only --help');
}

/** The error as one of v6only, if it is one, or if a system call failed: then this host is the reason. */
function known(error: unknown): V6OnlyError | undefined {
  if (error instanceof V6OnlyError) return error;
  const { syscall, code, message } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || syscall === undefined || code === undefined) return undefined;
  if (syscall === 'uv_cwd') return usage('the working directory does not exist any more', 'Change to another one');
  return usage(`this host refused what the command needs: ${message}`);
}

/** Any other error is a bug in v6only. */
function describeBug(error: unknown): string {
  const place = placeForReports();
  const report = place === undefined ? '' : ` Please report it: ${place}`;
  return `this is a bug in v6only.${report}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** Whether the exit code is that of a program. It remains that, whatever becomes of the output. */
const runsProgram = ['run', 'audit', 'simulate'].includes(process.argv[2] ?? '');
let isOutputLost = false;

/** Ends the process with this code when nothing is left to do. */
function endWith(code: number): void {
  process.exitCode = isOutputLost && !runsProgram ? EXIT.bad : code;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader may close the pipe: `v6only explain … | head -1`. What the command finds is the same.
  if (error.code === 'EPIPE') return;
  if (!isOutputLost) process.stderr.write(`v6only: the output cannot be written: ${printableLines(error.message)}\n`);
  isOutputLost = true;
  // The command may have ended.
  if (process.exitCode !== undefined) endWith(Number(process.exitCode));
});
// There is no other place to say this.
process.stderr.on('error', () => {});

main(process.argv.slice(2)).then(endWith, (error: unknown) => {
  const fault = known(error);
  process.stderr.write(`v6only: ${printableLines(fault?.message ?? describeBug(error))}\n`);
  endWith(fault?.code === 'V6ONLY_USAGE' ? EXIT.usage : EXIT.bad);
});
