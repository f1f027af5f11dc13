// Answers per second and latency of `v6only dns64` beside unbound's DNS64: same zone, cache warm, one core each, in turn.
// node build/bench/resolver-server.mjs [SECONDS] [--json]: as root (or where user namespaces are allowed), with unbound and nsd,
// after npm run build. Each server runs alone on one core, the asker on another. As the asker may be the slower of the two,
// what counts is the processor time that an answer costs the server: answers per second of one core.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeMessage, encodeMessage, queryMessage } from '../src/resolver/message.js';
import { queryFor } from '../src/resolver/types.js';
import { compiled, inRepository } from '../test/support/paths.js';

const file = fileURLToPath(import.meta.url);
const seconds = Number(process.argv.slice(2).find((arg) => /^\d+$/.test(arg)) ?? 5);
const NAMES = Array.from({ length: 200 }, (_, i) => `n${i}.example.org`);
/** Questions on their way at once. */
const WINDOW = 64;
type Server = 'unbound' | 'v6only';
const PORTS = { nsd: 5300, unbound: 5301, v6only: 5302 };
const children = new Map<Server | 'nsd', ChildProcess>();

if (process.argv.includes('--inside')) {
  try {
    await measure();
  } finally {
    for (const child of children.values()) child.kill('SIGKILL');
  }
} else if (['unbound', 'nsd'].some((program) => spawnSync(program, ['-h']).error)) {
  console.log('not measured: unbound and nsd are needed (packages unbound and nsd)');
} else {
  const argv = [inRepository('test/support/host.sh'), 'v6', process.execPath, file, '--inside'];
  process.exitCode = spawnSync('sh', [...argv, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
}

async function measure() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'v6only-bench-'));
  startAll(dir);
  const results: Partial<Record<Server, Result>> = {};
  for (const server of ['unbound', 'v6only', 'unbound', 'v6only'] as const) {
    const result = await load(server);
    if (result.perCpuSecond > (results[server]?.perCpuSecond ?? 0)) results[server] = result;
  }
  fs.rmSync(dir, { recursive: true });
  const ratio = Number(results.unbound?.perCpuSecond) / Number(results.v6only?.perCpuSecond);
  if (process.argv.includes('--json')) return console.log(JSON.stringify({ node: process.version, results, ratio }));
  console.log(
    `DNS64 answers from the cache, ${NAMES.length} A-only names, ${WINDOW} questions at once, Node ${process.version}`,
  );
  for (const [server, r] of Object.entries(results)) {
    const rate = `${r.perSecond} /s reached, ${r.perCpuSecond} /s of one core`;
    console.log(`  ${server.padEnd(8)} ${rate}; latency median ${r.p50} µs, 99 % ${r.p99} µs; lost ${r.lost}`);
  }
  console.log(`  goal: within 4 times of unbound on one core: ${ratio.toFixed(2)} times`);
}

/** The authority that both ask, unbound and v6only. */
function startAll(dir: string) {
  const records = NAMES.map((name, i) => `${name}. IN A 1.2.${i >> 8}.${i & 255}`).join('\n');
  const soa = '@ IN SOA ns hostmaster 1 3600 600 86400 3600\n@ IN NS ns\nns IN AAAA ::1\n';
  fs.writeFileSync(path.join(dir, 'zone'), `$ORIGIN example.org.\n$TTL 3600\n${soa}${records}\n`);
  fs.writeFileSync(
    path.join(dir, 'nsd.conf'),
    `server:
  ip-address: ::1@${PORTS.nsd}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "${dir}"
  database: ""
  zonelistfile: "${dir}/list"
  xfrdfile: "${dir}/xfrd"
  xfrdir: "${dir}"
  pidfile: "${dir}/pid"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: example.org
  zonefile: "${dir}/zone"
`,
  );
  fs.writeFileSync(
    path.join(dir, 'unbound.conf'),
    `server:
  interface: ::1@${PORTS.unbound}
  access-control: ::/0 allow
  username: ""
  chroot: ""
  directory: "${dir}"
  pidfile: ""
  use-syslog: no
  logfile: "${dir}/unbound.log"
  num-threads: 1
  do-not-query-localhost: no
  module-config: "dns64 iterator"
  dns64-prefix: 64:ff9b::/96
remote-control:
  control-enable: no
stub-zone:
  name: example.org
  stub-addr: ::1@${PORTS.nsd}
`,
  );
  start('nsd', ['nsd', '-d', '-c', path.join(dir, 'nsd.conf')]);
  start('unbound', ['unbound', '-d', '-c', path.join(dir, 'unbound.conf')]);
  const cli = compiled('src/cli/main.js');
  const args = ['dns64', '--listen', `[::1]:${PORTS.v6only}`, '--upstream', `[::1]:${PORTS.nsd}`];
  start('v6only', [process.execPath, cli, ...args]);
}

function start(name: Server | 'nsd', argv: string[]) {
  const child = spawn('taskset', ['-c', '0', ...argv], { stdio: 'ignore' });
  children.set(name, child);
}

/** Asks for `seconds`, as soon as the server knows all names. */
/** What a server did. */
interface Result {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly lost: number;
}

async function load(server: Server): Promise<Result> {
  spawnSync('taskset', ['-cp', '1', String(process.pid)]);
  const pid = Number(children.get(server)?.pid);
  const queries = NAMES.map((name) => encodeMessage(queryMessage(0, queryFor(name, 'AAAA'), name)));
  const socket = dgram.createSocket({ type: 'udp6', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
  await new Promise<void>((resolve) => socket.connect(PORTS[server], '::1', resolve));
  await warm(socket, queries);
  const sentAt = new Float64Array(0x10000);
  const latencies: number[] = [];
  let id = 0;
  let answered = 0;
  let sent = 0;
  let done = false;
  const send = () => {
    id = (id + 1) & 0xffff;
    const query = queries[id % queries.length];
    query.writeUInt16BE(id, 0);
    sentAt[id] = performance.now();
    sent++;
    socket.send(Buffer.from(query));
  };
  socket.on('message', (bytes) => {
    const at = bytes.readUInt16BE(0);
    if (answered++ % 16 === 0) latencies.push(performance.now() - sentAt[at]);
    if (!done) send();
  });
  const cpuBefore = cpuSeconds(pid);
  const before = performance.now();
  for (let i = 0; i < WINDOW; i++) send();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  done = true;
  const elapsed = (performance.now() - before) / 1000;
  const cpu = cpuSeconds(pid) - cpuBefore;
  const measured = answered;
  await new Promise((resolve) => setTimeout(resolve, 200));
  socket.close();
  latencies.sort((a, b) => a - b);
  const percentile = (p: number) => Math.round((latencies[Math.floor(latencies.length * p)] ?? 0) * 1000);
  return {
    perSecond: Math.round(measured / elapsed),
    perCpuSecond: Math.round(measured / cpu),
    p50: percentile(0.5),
    p99: percentile(0.99),
    lost: sent - answered,
  };
}

/** Every name once, again until each has an address. */
async function warm(socket: dgram.Socket, queries: Buffer[]) {
  const known = new Set();
  const onMessage = (bytes: Buffer) => {
    const { question, answers } = decodeMessage(bytes);
    if (answers.some(({ data }) => String(data).startsWith('64:ff9b::'))) known.add(question?.name);
  };
  // Until it listens every question is refused.
  socket.on('error', () => {});
  socket.on('message', onMessage);
  const deadline = Date.now() + 20_000;
  while (known.size < queries.length) {
    if (Date.now() > deadline) throw new Error(`only ${known.size} of ${queries.length} names are answered`);
    for (const [i, query] of queries.entries()) {
      if (known.has(NAMES[i])) continue;
      socket.send(query);
      if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  socket.off('message', onMessage);
}

/** Processor time of a process, in clock ticks of 10 ms. */
function cpuSeconds(pid: number) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
