// The lookup of an A-only name that is cached: v6only's resolver, cacheable-lookup and native dns.lookup, in one run.
// node build/bench/resolver-lookup.mjs [--json]: as root (or where user namespaces are allowed), after npm run build.
// On a host of its own: dual stack, for native dns.lookup finds no A-only name without an IPv4 address (ADDRCONFIG). Its
// name server is another process, as it would be in life.
import { spawn, spawnSync } from 'node:child_process';
import dns from 'node:dns';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Query, RecordData } from '../src/resolver/types.js';
import { inRepository } from '../test/support/paths.js';

const file = fileURLToPath(import.meta.url);
const NAME = 'v4.example.org';
const SERVER = '[::1]:53';

if (process.argv.includes('--serve')) await serve();
else if (process.argv.includes('--inside')) await measure();
else outside();

/** Runs this file again on a test host whose resolv.conf names the server. */
function outside() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'v6only-bench-'));
  const resolvConf = path.join(dir, 'resolv.conf');
  fs.writeFileSync(resolvConf, 'nameserver ::1\n');
  const argv = [
    inRepository('test/support/host.sh'),
    'dual',
    process.execPath,
    file,
    '--inside',
    ...process.argv.slice(2),
  ];
  const { status } = spawnSync('sh', argv, { stdio: 'inherit', env: { ...process.env, HOST_RESOLV: resolvConf } });
  fs.rmSync(dir, { recursive: true });
  process.exitCode = status ?? 1;
}

/** A name server that knows one name, and that this has an IPv4 address only. */
async function serve() {
  const { Dns64Server } = await import('../src/resolver/server.js');
  const { dns64Config } = await import('../src/resolver/dns64-config.js');
  const { emptyResponse } = await import('../src/resolver/message.js');
  const soa = { mname: 'ns', rname: 'ns', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 3600 };
  const record = (name: string, type: string, data: RecordData) => ({ name, type, class: 'IN', ttl: 3600, data });
  const upstream = {
    query: async (query: Query) => ({
      ...emptyResponse(query, 0),
      ...(query.type === 'A'
        ? { answers: [record(query.name, 'A', '203.0.113.5')] }
        : { authorities: [record('example.org', 'SOA', soa)] }),
    }),
  };
  const config = dns64Config({ prefixes: [] });
  await new Dns64Server({ upstream, config, listen: [{ address: '::1', family: 6, port: 53 }] }).start();
  process.stdout.write('ready\n');
}

async function measure() {
  const server = spawn(process.execPath, [file, '--serve'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => server.stdout.once('data', resolve));
  try {
    report(await run());
  } finally {
    server.kill();
  }
}

interface Row {
  readonly name: string;
  readonly perSecond: number;
  readonly microseconds: number;
}

async function run(): Promise<Row[]> {
  const { Bench } = await import('tinybench');
  const { default: CacheableLookup } = await import('cacheable-lookup');
  const { Resolver } = await import('../src/resolver/resolver.js');
  const { Pref64 } = await import('../src/address/pref64.js');
  const prefixes = [Pref64.parse('2001:db8:64::/96')];
  const resolver = new Resolver({ servers: () => [SERVER], prefixes: () => prefixes });
  const cares = new dns.promises.Resolver();
  cares.setServers([SERVER]);
  const cacheable = new CacheableLookup({ resolver: cares });
  const lookup = (options: dns.LookupOneOptions) =>
    new Promise<string>((resolve, reject) =>
      dns.lookup(NAME, options, (error, a) => (error ? reject(error) : resolve(a))),
    );
  const check = async (what: string, got: string | undefined, expected: string) => {
    if (got !== expected) throw new Error(`${what} gave ${got}, not ${expected}`);
  };
  await check('v6only', (await resolver.resolveAddresses(NAME, 6))[0].address, '2001:db8:64::cb00:7105');
  await check('cacheable-lookup', (await cacheable.lookupAsync(NAME, { family: 4 })).address, '203.0.113.5');
  await check('dns.lookup', await lookup({ family: 4 }), '203.0.113.5');
  const bench = new Bench({ time: 1500, warmupTime: 200 });
  bench
    .add('v6only, cachedAddresses', () => {
      resolver.cachedAddresses(NAME, 6);
    })
    .add('v6only, resolveAddresses', () => resolver.resolveAddresses(NAME, 6))
    .add('cacheable-lookup, lookupAsync', () => cacheable.lookupAsync(NAME, { family: 4 }))
    .add('native dns.lookup', () => lookup({ family: 4 }));
  await bench.run();
  return bench.tasks.map(({ name, result }) => {
    if (result.state !== 'completed') throw new Error(`${name} was not measured`);
    return { name, perSecond: Math.round(result.throughput.mean), microseconds: result.latency.p50 * 1000 };
  });
}

function report(rows: Row[]): void {
  const of = (name: string) => rows.find((row) => row.name.startsWith(name))?.perSecond ?? Number.NaN;
  const ratios = {
    'v6only / native': of('v6only, resolveAddresses') / of('native'),
    'v6only / cacheable-lookup': of('v6only, resolveAddresses') / of('cacheable'),
  };
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ node: process.version, rows, ratios }));
    return;
  }
  console.log(`Cached lookup of an A-only name, Node ${process.version}`);
  for (const { name, perSecond, microseconds } of rows) {
    console.log(`  ${name.padEnd(32)} ${String(perSecond).padStart(10)} /s  median ${microseconds.toFixed(2)} µs`);
  }
  console.log(`  goals: 20 times native: ${ratios['v6only / native'].toFixed(1)}`);
  console.log(`         not slower than cacheable-lookup: ${ratios['v6only / cacheable-lookup'].toFixed(2)}`);
}
