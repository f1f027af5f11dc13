import dgram from 'node:dgram';
import { parseArgs } from 'node:util';
import { ipv4ToInteger } from '../address/ipv4';
import { parseIPv6Network } from '../address/ipv6';
import { Pref64 } from '../address/pref64';
import { V6OnlyError } from '../errors';
import { CachingUpstream } from '../resolver/cache';
import { DnsClient } from '../resolver/client';
import { type Dns64Config, dns64Config } from '../resolver/dns64-config';
import { readResolvConf } from '../resolver/resolv-conf';
import { Dns64Server } from '../resolver/server';
import { parseServer, type ServerAddress, type ToServerAddress } from '../resolver/server-address';
import type { Dns64Statistics } from '../resolver/statistics';

const HELP = `Usage: v6only dns64 [options]

A DNS64 server (RFC 6147): answers AAAA questions for names that have only IPv4 addresses.

  --listen ADDRESS     where to listen, UDP and TCP; may be repeated (default: [::1]:5353)
  --prefix PREFIX      NAT64 prefix, of 32, 40, 48, 56, 64 or 96 bits; may be repeated (default: 64:ff9b::/96)
  --upstream ADDRESS   recursive name server to ask; may be repeated (default: those of /etc/resolv.conf)
  --exclude NETWORK    IPv6 network whose addresses count as absent, beside ::ffff:0:0/96; may be repeated
  --allow-private      synthesize for private and other non-global IPv4 addresses under 64:ff9b::/96 too
  --cache N            answers kept (default: 10000)
  --stale SECONDS      how long an answer may be used after its time when no upstream answers (default: 0)
  --json               statistics as one line of JSON
  --help               this text

Addresses are written as [2001:db8::53]:5353, 2001:db8::53 or 192.0.2.53:5353; the port is 53 where there is none.
SIGUSR2 prints statistics on standard error. SIGINT and SIGTERM end the server when it has answered what it was asked.
Exit status: 0 ended by a signal, 1 could not listen, 2 the command line is wrong.
`;

interface Settings {
  readonly listen: readonly ServerAddress[];
  readonly upstream: readonly string[];
  readonly config: Dns64Config;
  readonly cacheEntries: number;
  readonly staleSeconds: number;
  readonly json: boolean;
}

/** Runs `v6only dns64` until a signal ends it; gives the exit status. */
export async function runDns64(argv: string[]): Promise<number> {
  let settings: Settings | 'help';
  try {
    settings = readSettings(argv);
  } catch (error) {
    process.stderr.write(`v6only dns64: ${(error as Error).message}\nTry: v6only dns64 --help\n`);
    return 2;
  }
  if (settings === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const server = await createServer(settings);
  let addresses: readonly string[];
  try {
    addresses = await server.start();
  } catch (error) {
    process.stderr.write(`v6only dns64: cannot listen: ${(error as Error).message}\n`);
    return 1;
  }
  const prefixes = settings.config.prefixes.join(', ');
  process.stderr.write(
    `v6only dns64: listening on ${addresses.join(', ')}; prefix ${prefixes}; upstream ${settings.upstream.join(', ')}\n`,
  );
  const { json } = settings;
  const printStatistics = () => process.stderr.write(formatStatistics(server.statistics(), json));
  // Windows has no SIGUSR2.
  if (process.platform !== 'win32') process.on('SIGUSR2', printStatistics);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await server.stop();
  process.removeListener('SIGUSR2', printStatistics);
  if (json) printStatistics();
  return 0;
}

function readSettings(argv: string[]): Settings | 'help' {
  const { values } = parseArgs({
    args: argv,
    options: {
      listen: { type: 'string', multiple: true },
      prefix: { type: 'string', multiple: true },
      upstream: { type: 'string', multiple: true },
      exclude: { type: 'string', multiple: true },
      'allow-private': { type: 'boolean' },
      cache: { type: 'string' },
      stale: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return 'help';
  const upstream = values.upstream ?? readResolvConf().servers;
  for (const server of upstream) parseServer(server);
  const config = dns64Config({
    ...(values.prefix === undefined ? {} : { prefixes: values.prefix.map((text) => Pref64.parse(text)) }),
    exclude: (values.exclude ?? []).map(parseIPv6Network),
    ...(values['allow-private'] === true ? { mayEmbed: () => true } : {}),
  });
  return {
    listen: (values.listen ?? ['[::1]:5353']).map((text) => parseServer(text, 0)),
    upstream,
    config,
    cacheEntries: wholeNumber('--cache', values.cache ?? '10000'),
    staleSeconds: wholeNumber('--stale', values.stale ?? '0'),
    json: values.json === true,
  };
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new V6OnlyError('V6ONLY_USAGE', `${option} "${text}" is not a whole number`);
}

async function createServer(settings: Settings): Promise<Dns64Server> {
  const { timeoutMs, attempts, rotate } = readResolvConf();
  const client = new DnsClient({
    servers: () => settings.upstream,
    toServerAddress: await routesTo(settings.upstream, settings.config),
    ...{ timeoutMs, attempts, rotate },
  });
  const { cacheEntries, staleSeconds, listen, config } = settings;
  const upstream = new CachingUpstream(client, { maxEntries: cacheEntries, staleSeconds });
  return new Dns64Server({ upstream, config, listen, cacheEntries });
}

/** How each IPv4 upstream is reached: over IPv4 where the kernel has a route, else through the NAT64. */
async function routesTo(servers: readonly string[], config: Dns64Config): Promise<ToServerAddress> {
  const routes = new Map<string, string>();
  for (const { address, family } of servers.map((text) => parseServer(text))) {
    if (family === 6) continue;
    const mapped = `::ffff:${address}`;
    const prefix = config.prefixes.find((p) => config.mayEmbed(ipv4ToInteger(address), p));
    const hasRoute = prefix === undefined || (await canConnect(mapped));
    routes.set(address, hasRoute ? mapped : prefix.embed(address));
  }
  return (ipv4) => routes.get(ipv4);
}

/** Whether the kernel has a route: connecting a UDP socket sends nothing. */
function canConnect(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp6');
    const done = (can: boolean) => {
      socket.close();
      resolve(can);
    };
    socket.connect(53, address, (error?: Error) => done(error === undefined));
  });
}

function formatStatistics(statistics: Dns64Statistics, json: boolean): string {
  if (json) return `${JSON.stringify(statistics)}\n`;
  const { queries, types, rcodes, ...rest } = statistics;
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ');
  return [
    `v6only dns64: up ${rest.uptimeSeconds} s; ${queries.udp} queries over UDP, ${queries.tcp} over TCP; ${rest.pending} pending`,
    `  answers: ${list(rcodes)}; ${rest.synthesized} synthesized, ${rest.cacheHits} ready in the cache, ${rest.truncated} truncated`,
    `  types asked beside the cache: ${list(types)}`,
    `  ${rest.upstreamFailures} without an answer from an upstream, ${rest.malformed} malformed`,
    '',
  ].join('\n');
}
