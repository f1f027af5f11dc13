#!/usr/bin/env node
import { V6OnlyError } from '../errors';
import { nearest } from '../policy/nearest';
import { printableLines } from '../printable';
import { usage } from './arguments';
import { EXIT } from './exit-codes';
import { packageVersion } from './files';
import { columns, type Output, outputTo } from './output';

type Command = (argv: readonly string[], out: Output) => number | Promise<number>;

/** Each command is loaded only when it is asked for. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Command }>> = {
  run: { summary: 'run a program with the hook', load: () => (require('./run') as typeof import('./run')).run },
  explain: {
    summary: 'say what an address or a name becomes, and why',
    load: () => (require('./explain') as typeof import('./explain')).explainCommand,
  },
  doctor: {
    summary: 'look for what is wrong with this host and its network',
    load: () => (require('./doctor') as typeof import('./doctor')).doctor,
  },
  audit: {
    summary: 'run a program and report where it depends on IPv4',
    load: () => (require('./audit') as typeof import('./audit')).audit,
  },
  check: { summary: 'check a policy file', load: () => (require('./check') as typeof import('./check')).check },
  simulate: {
    summary: 'run a program as if this host had no IPv4',
    load: () => (require('./simulate') as typeof import('./simulate')).simulate,
  },
  dns64: {
    summary: 'serve DNS64 to other programs',
    load: () => (argv) => (require('./dns64') as typeof import('./dns64')).runDns64([...argv]),
  },
};

function help(out: Output): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => [out.paint('bold', name), summary]);
  return `${out.paint('bold', 'v6only')} lets IPv4-only Node.js programs run on IPv6-only networks.

Usage: v6only COMMAND [options]

${columns(rows, '  ').join('\n')}

  --help, -h         this text; v6only COMMAND --help for a command's own
  --version          the version

Exit codes: 0 all is well; 1 the answer is bad news; 2 the command line is wrong;
run, audit and simulate end with the program's own code.`;
}

async function main(argv: readonly string[]): Promise<number> {
  const out = outputTo(process.stdout);
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    out.lines(help(out));
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === '--version' || name === '-v') {
    out.line(packageVersion());
    return EXIT.ok;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    const meant = nearest(name, Object.keys(COMMANDS));
    throw usage(`there is no command "${name}"`, meant ? `Did you mean "${meant}"?` : 'See v6only --help');
  }
  const command = (COMMANDS[name] as (typeof COMMANDS)[string]).load();
  return command(rest, out);
}

// Who reads our output may stop reading: `v6only explain … | head -1`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.bad));

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = error instanceof V6OnlyError;
    const text = known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`v6only: ${printableLines(text)}\n`);
    process.exitCode = known && error.code === 'V6ONLY_USAGE' ? EXIT.usage : EXIT.bad;
  },
);
