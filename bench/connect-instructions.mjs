// What a connection costs in instructions of the program, beside native IPv6: the same on a busy machine, unlike its time.
// Needs valgrind.   node bench/connect-instructions.mjs [CONNECTIONS]
import { spawnSync } from 'node:child_process';
import { table } from './median.mjs';
import { clientCommand, onHostWithoutIPv4, startServer } from './on-host.mjs';

if (spawnSync('valgrind', ['--version']).status !== 0) {
  console.log('left out: valgrind is not installed (Debian: apt-get install valgrind)');
  process.exit(0);
}
onHostWithoutIPv4(import.meta.url);
const { port, stop } = await startServer('accept.mjs');
const COUNT = Number(process.argv[2] ?? 10_000);
const WARM = 3000;
const CALLGRIND = ['--tool=callgrind', '--callgrind-out-file=/dev/null', '--smc-check=all-non-file'];
const WITHOUT_GC = ['--min-semi-space-size=128', '--max-semi-space-size=128'];

function instructions(flags, address, count, hook) {
  const client = clientCommand('connect.mjs', [address, port, count], hook);
  const argv = [...CALLGRIND, process.execPath, '--single-threaded-gc', ...flags, ...client];
  const { status, stderr } = spawnSync('valgrind', argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(/Collected : (\d+)/.exec(stderr)[1]);
}

/** Start-up and warming up fall out of the difference. */
const each = (...args) =>
  (instructions(...args.toSpliced(2, 0, WARM + COUNT)) - instructions(...args.toSpliced(2, 0, WARM))) / COUNT;

const rows = [];
for (const [name, address, hook] of [
  ['native IPv6, no hook', '64:ff9b::cb00:7107', false],
  ['native IPv6, with the hook', '64:ff9b::cb00:7107', true],
  ['IPv4 literal, with the hook', '203.0.113.7', true],
]) {
  rows.push([name, Math.round(each([], address, hook)), Math.round(each(WITHOUT_GC, address, hook))]);
}
stop();
console.log(`\nInstructions of a connection, Node.js ${process.version}, of ${COUNT} after ${WARM}`);
table(['', 'in all', 'without garbage collection'], rows);
