// `lab compare`: what the hook costs against the other ways of an IPv4 program to cross the same NAT64. The ways take turns,
// and the median over the rounds is printed, because a machine is never quiet.
import fs from 'node:fs';
import { inRepository } from '../support/paths.js';
import { embed } from './embed.js';
import type { Failure, Measured } from './results.js';
import { HOSTS, type HostName, type Lab, REGISTER, WKP } from './settings.js';
import { onHost, tryRun } from './sh.js';

const ROUNDS = 5;
const TNAT64 = '/usr/lib/tnat64/libtnat64.so';
const SERVER = '1.2.3.4';

/** How a program comes to the server. */
interface Way {
  readonly host: HostName;
  readonly target: string;
  /** Arguments of Node.js. */
  readonly node?: readonly string[];
  /** `NAME=VALUE` */
  readonly env?: readonly string[];
  readonly noUdp?: boolean;
  /** A file that it takes. */
  readonly needs?: string;
}

function ways(lab: Lab): Map<string, Way> {
  const conf = lab.file('tnat64.conf');
  fs.writeFileSync(conf, `nat64_prefix = ${WKP.replace('/96', '')}\n`);
  return new Map<string, Way>([
    ['NAT64 address, written out', { host: 'app', target: embed(WKP, SERVER) }],
    ['v6only, IPv4 literal', { host: 'app', target: SERVER, node: ['-r', REGISTER] }],
    ['CLAT (TAYGA), IPv4 literal', { host: 'clat', target: SERVER }],
    [
      'tnat64, IPv4 literal',
      {
        host: 'app',
        target: SERVER,
        env: [`LD_PRELOAD=${TNAT64}`, `TNAT64_CONF_FILE=${conf}`],
        // It hooks connect(2) of TCP alone.
        noUdp: true,
        needs: TNAT64,
      },
    ],
    ['native IPv4, no NAT64', { host: 'dual', target: SERVER }],
    ['native IPv6, no NAT64', { host: 'app', target: HOSTS.inet6.v6 }],
  ]);
}

/** Column → its figure in one round. */
export const COLUMNS: Readonly<Record<string, (round: Measured) => number | undefined>> = {
  'connect p50 ms': ({ connect }) => connect.p50,
  p99: ({ connect }) => connect.p99,
  'TCP exchange p50 ms': ({ exchange }) => exchange.p50,
  'UDP exchange p50 ms': ({ datagram }) => datagram?.p50,
  'download MB/s': ({ bytesPerSecond }) => bytesPerSecond / 1e6,
};

type Round = Measured | { readonly error: Failure };
const isMeasured = (round: Round): round is Measured => !('error' in round);

/** Prints the table, and returns what each way measured, round by round: those alone that no round failed of. */
export function compare(lab: Lab): ReadonlyMap<string, readonly Measured[]> {
  const table = [...ways(lab)];
  const possible = table.filter(([, { needs }]) => needs === undefined || fs.existsSync(needs));
  const results = new Map<string, Round[]>(possible.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, way] of possible) results.get(name)?.push(once(lab, way));
  }
  const names = Object.keys(COLUMNS);
  console.log(`| way | ${names.join(' | ')} |\n|${' --- |'.repeat(names.length + 1)}`);
  for (const [name, rounds] of results) console.log(`| ${name} | ${cells(rounds).join(' | ')} |`);
  console.log(
    `\nNode.js ${process.version}, median of ${ROUNDS} rounds, all on one machine: the ratios tell, not the figures.`,
  );
  for (const [name, { needs }] of table) {
    if (!results.has(name)) console.log(`Left out, ${needs} is not there: ${name}`);
  }
  return new Map([...results].flatMap(([name, rounds]) => (rounds.every(isMeasured) ? [[name, rounds]] : [])));
}

function cells(rounds: readonly Round[]): string[] {
  const measured: Measured[] = [];
  for (const round of rounds) {
    if ('error' in round) return [`failed: ${round.error.message ?? round.error.code}`];
    measured.push(round);
  }
  return Object.values(COLUMNS).map((figure) => format(median(measured.map(figure))));
}

function once(lab: Lab, { host, target, node = [], env = [], noUdp = false }: Way): Round {
  const program = inRepository('test/lab/programs/measure.cjs');
  const argv = ['env', ...env, process.execPath, ...node, program, target, ...(noUdp ? ['noudp'] : [])];
  const { stdout, stderr } = tryRun(onHost(lab, host, argv), { timeoutMs: 60_000 });
  try {
    return JSON.parse(stdout) as Round;
  } catch {
    return { error: { message: (stdout + stderr).trim().split('\n')[0] || 'no answer' } };
  }
}

/** Undefined where a round has no such figure. */
function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return known.length === values.length ? known[Math.floor(known.length / 2)] : undefined;
}

function format(value: number | undefined): string {
  if (value === undefined) return '-';
  return value < 10 ? value.toFixed(3) : value.toFixed(0);
}
