// `lab compare`: what the hook costs against the other ways of an IPv4 program to cross the same NAT64. The ways take turns,
// and the median over the rounds is printed, because a machine is never quiet.
import fs from 'node:fs';
import path from 'node:path';
import { embed } from './embed.mjs';
import { HOSTS, REPOSITORY, WKP } from './settings.mjs';
import { onHost, run } from './sh.mjs';

const ROUNDS = 5;
const TNAT64 = '/usr/lib/tnat64/libtnat64.so';
const SERVER = '1.2.3.4';

/** Way → host, target and Node's arguments; `base` is the one that the others are divided by. */
function ways(lab) {
  const register = process.env.V6ONLY_LAB_REGISTER ?? path.join(REPOSITORY, 'register.js');
  const conf = lab.file('tnat64.conf');
  fs.writeFileSync(conf, `nat64_prefix = ${WKP.replace('/96', '')}\n`);
  return {
    'NAT64 address, written out': { host: 'app', target: embed(WKP, SERVER) },
    'v6only, IPv4 literal': { host: 'app', target: SERVER, node: ['-r', register] },
    'CLAT (TAYGA), IPv4 literal': { host: 'clat', target: SERVER },
    // LD_PRELOAD; connect(2) of TCP only.
    'tnat64, IPv4 literal': {
      host: 'app',
      target: SERVER,
      env: [`LD_PRELOAD=${TNAT64}`, `TNAT64_CONF_FILE=${conf}`],
      noUdp: true,
      needs: TNAT64,
    },
    'native IPv4, no NAT64': { host: 'dual', target: SERVER },
    'native IPv6, no NAT64': { host: 'app', target: HOSTS.inet6.v6 },
  };
}

const COLUMNS = {
  'connect p50 ms': ({ connect }) => connect.p50,
  p99: ({ connect }) => connect.p99,
  'TCP exchange p50 ms': ({ exchange }) => exchange.p50,
  'UDP exchange p50 ms': ({ datagram }) => datagram?.p50,
  'download MB/s': ({ bytesPerSecond }) => bytesPerSecond / 1e6,
};

export function compare(lab) {
  const results = {};
  const table = ways(lab);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, way] of Object.entries(table)) {
      if (way.needs && !fs.existsSync(way.needs)) continue;
      results[name] ??= [];
      results[name].push(once(lab, way));
    }
  }
  const names = Object.keys(COLUMNS);
  console.log(`| way | ${names.join(' | ')} |\n|${' --- |'.repeat(names.length + 1)}`);
  for (const [name, rounds] of Object.entries(results)) {
    const failed = rounds.find(({ error }) => error);
    const cells = failed
      ? [`failed: ${failed.error.message}`]
      : names.map((column) => format(median(rounds.map(COLUMNS[column]))));
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
  console.log(
    `\nNode.js ${process.version}, median of ${ROUNDS} rounds, all on one machine: the ratios tell, not the figures.`,
  );
  for (const [name, { needs }] of Object.entries(table)) {
    if (!results[name]) console.log(`Left out, ${needs} is not there: ${name}`);
  }
}

function once(lab, { host, target, node = [], env = [], noUdp }) {
  const program = path.join(import.meta.dirname, 'programs/measure.cjs');
  const argv = ['env', ...env, process.execPath, ...node, program, target, ...(noUdp ? ['noudp'] : [])];
  const { stdout, stderr } = run(onHost(lab, host, argv), { timeoutMs: 30_000, allowFailure: true });
  try {
    return JSON.parse(stdout);
  } catch {
    return { error: { message: (stdout + stderr).trim().split('\n')[0] || 'no answer' } };
  }
}

function median(values) {
  if (values.some((value) => value === undefined)) return undefined;
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function format(value) {
  if (value === undefined) return '-';
  return value < 10 ? value.toFixed(3) : value.toFixed(0);
}
