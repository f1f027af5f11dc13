#!/usr/bin/env node
// npm run lab -- COMMAND: an IPv6-only network in network namespaces, connected to nothing. docs/lab.md describes it.
import process from 'node:process';
import { parseArgs } from 'node:util';
import * as actions from './actions.js';
import { versions } from './packages.js';
import { HOST_NAMES, type Lab, labOf, nspLengthOf, nspPrefix, PIECES, WAYS_TO_BREAK, WKP } from './settings.js';
import { entriesOf, keysOf, oneOf } from './tables.js';

const USAGE = `npm run lab -- [--prefix NAME-] COMMAND
  up [--nsp LENGTH]               builds the lab; nothing to do when it is up (--nsp: length of the second NAT64's prefix, bits)
  down                            removes all of it
  status                          hosts, prefixes, processes
  check                           proves each piece with dig, curl and bash
  compare                         what v6only costs against a CLAT, tnat64 and native, as a table
  changes [WORD]                  what programs see of a network that changes, with v6only and native, as a table
  exec [--resolver NAME] HOST CMD…  runs a command on a host (as root)
  nsp LENGTH                      another length (32, 40, 48, 56, 64, 96) for the network-specific prefix
  break PIECE [silent|refuse]     nat64, nsp, clat, unbound64, bind64, plain, nsp64 or nsd stops working
  mend [PIECE]                    and works again (all when none is named)
The prefix of the namespaces' names (default v6only-) can be given by V6ONLY_LAB_PREFIX too: several labs can exist.`;

interface Options {
  readonly prefix?: string | undefined;
  readonly nsp?: string | undefined;
  readonly resolver?: string | undefined;
}

/** Command → what it does, given the words after it. */
const COMMANDS = {
  async up(lab, _, { nsp }) {
    const started = performance.now();
    const result = await actions.up(lab, nsp === undefined ? undefined : nspLengthOf(nsp));
    console.log(versions());
    console.log(`the lab ${result} after ${((performance.now() - started) / 1000).toFixed(1)} s, state in ${lab.dir}`);
  },
  async down(lab) {
    await actions.down(lab);
    console.log('lab down');
  },
  status(lab) {
    const { up, hosts, daemons, state } = actions.status(lab);
    console.log(versions());
    const nsp = state ? nspPrefix(state.nspLength) : '-';
    console.log(`${up ? 'up' : 'not up'}; state in ${lab.dir}; NAT64 ${WKP} and ${nsp}`);
    for (const { namespace, kind, v6, v4, resolver, exists } of hosts) {
      console.log(
        `  ${exists ? ' ' : '!'} ${namespace}  IPv4: ${kind}  ${[v6, v4].filter(Boolean).join(' ')}  resolver ${resolver}`,
      );
    }
    for (const { name, host, pid, alive } of daemons) {
      console.log(`  ${alive ? ' ' : '!'} ${name} on ${host}, pid ${pid}`);
    }
    for (const [piece, { how }] of entriesOf(state?.broken ?? {})) console.log(`  ! ${piece} is broken: ${how}`);
    if (!up) process.exitCode = 1;
  },
  async check(lab) {
    const { check } = await import('./check.js');
    process.exitCode = (await check(lab)) ? 0 : 1;
  },
  async compare(lab) {
    const { compare } = await import('./compare.js');
    compare(lab);
  },
  async changes(_, [word]) {
    const { changes } = await import('./changes.js');
    await changes(word);
  },
  exec(lab, [host, ...argv], { resolver }) {
    if (argv.length === 0) throw new RangeError('exec needs a host and a command');
    process.exitCode = actions.exec(lab, oneOf(HOST_NAMES, 'host', host), argv, resolver);
  },
  async nsp(lab, [length]) {
    await actions.setNsp(lab, nspLengthOf(length));
  },
  async break(lab, [piece, how = 'silent']) {
    await actions.breakPiece(lab, oneOf(PIECES, 'piece', piece), oneOf(WAYS_TO_BREAK, 'way to break it', how));
  },
  async mend(lab, [piece]) {
    await actions.mendPiece(lab, piece === undefined ? undefined : oneOf(PIECES, 'piece', piece));
  },
} satisfies Record<string, (lab: Lab, rest: string[], options: Options) => Promise<void> | void>;

interface Parsed {
  readonly values: Options;
  readonly command: string | undefined;
  readonly rest: string[];
}

/** Options come before the command of `exec`, so that the command keeps its own. */
function parse(argv: readonly string[]): Parsed {
  const options = { prefix: { type: 'string' }, nsp: { type: 'string' }, resolver: { type: 'string' } } as const;
  const at = argv.indexOf('exec');
  if (at < 0) {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    return { values, command: positionals[0], rest: positionals.slice(1) };
  }
  let end = at + 1;
  for (let word = argv[end]; word?.startsWith('--'); word = argv[end]) end += word.includes('=') ? 1 : 2;
  const { values } = parseArgs({ args: [...argv.slice(0, at), ...argv.slice(at + 1, end)], options });
  return { values, command: 'exec', rest: argv.slice(end) };
}

try {
  const { values, command, rest } = parse(process.argv.slice(2));
  const known = keysOf(COMMANDS).find((name) => name === command);
  if (known === undefined) {
    console.error(USAGE);
    process.exitCode = command === undefined || command === 'help' ? 0 : 2;
  } else {
    await COMMANDS[known](labOf(values.prefix), rest, values);
  }
} catch (error) {
  console.error(`lab: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
