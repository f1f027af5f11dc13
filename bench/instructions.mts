// What a connection and a UDP request with its reply cost in instructions of the program, beside native IPv6: the same on a
// busy machine, unlike their time. Needs valgrind.   node build/bench/instructions.mjs [connect|udp] [COUNT]
import { spawnSync } from 'node:child_process';
import { inRepository } from '../test/support/paths.js';
import { table } from './median.mjs';
import { clientCommand, onHostWithoutIPv4, startServer } from './on-host.mjs';

if (spawnSync('valgrind', ['--version']).status !== 0) {
  console.log('left out: valgrind is not installed (Debian: apt-get install valgrind)');
  process.exit(0);
}
onHostWithoutIPv4(import.meta.url);
const [only, count = '3000'] = process.argv.slice(2);
const COUNT = Number(count);
const WARM = 3000;
const CALLGRIND = ['--tool=callgrind', '--callgrind-out-file=/dev/null', '--smc-check=all-non-file'];
const slowClock = inRepository('bench/programs/slow-clock.cjs');
// V8 looks for prime numbers from the random seed of its hashes: up to ten million instructions more or less.
const STEADY = ['--single-threaded-gc', '--hash-seed=1'];
const WITHOUT_GC = ['--min-semi-space-size=128', '--max-semi-space-size=128'];
const NATIVE = '64:ff9b::cb00:7107';
const LITERAL = '203.0.113.7';

type Arguments = readonly (string | number)[];

/** A client and its arguments for a number of operations. */
interface Measured {
  readonly name: string;
  readonly client: string;
  readonly args: (total: number) => Arguments;
  readonly hook: boolean;
}

interface InstructionsBench {
  readonly title: string;
  readonly server: string;
  readonly run: (port: string) => Measured[];
}

function instructions(flags: readonly string[], client: string, args: Arguments, hook: boolean): number {
  const argv = [
    ...CALLGRIND,
    process.execPath,
    ...STEADY,
    '-r',
    slowClock,
    ...flags,
    ...clientCommand(client, args, hook),
  ];
  const { status, stderr } = spawnSync('valgrind', argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(/Collected : (\d+)/.exec(stderr)?.[1]);
}

/** Start-up and warming up fall out of the difference. */
function each(flags: readonly string[], { client, args, hook }: Measured): number {
  const of = (total: number) => instructions(flags, client, args(total), hook);
  return Math.round((of(WARM + COUNT) - of(WARM)) / COUNT);
}

const BENCHES: Record<string, InstructionsBench> = {
  connect: {
    title: 'a connection',
    server: 'accept.mjs',
    run: (port) => {
      const of = (address: string) => (total: number) => [address, port, total];
      return variants('connect.mjs', of(NATIVE), of(LITERAL));
    },
  },
  udp: {
    title: 'a UDP request and its reply, one under way',
    server: 'udp-echo.mjs',
    run: (port) => {
      const of = (type: string, address: string) => (total: number) => [type, address, port, total, 1];
      return variants('udp-ask.mjs', of('udp6', NATIVE), of('udp4', LITERAL));
    },
  },
};

const variants = (client: string, native: Measured['args'], literal: Measured['args']): Measured[] => [
  { name: 'native IPv6, no hook', client, args: native, hook: false },
  { name: 'native IPv6, with the hook', client, args: native, hook: true },
  { name: 'IPv4 literal, with the hook', client, args: literal, hook: true },
];

for (const [name, { title, server, run }] of Object.entries(BENCHES)) {
  if (only !== undefined && only !== name) continue;
  const { port, stop } = await startServer(server);
  const rows = run(port).map((variant) => [variant.name, each([], variant), each(WITHOUT_GC, variant)]);
  stop();
  console.log(`\nInstructions of ${title}, Node.js ${process.version}, of ${COUNT} after ${WARM}`);
  table(['', 'in all', 'without garbage collection'], rows);
}
