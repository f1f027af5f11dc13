import dgram from 'node:dgram';
import { ipv4ToInteger } from '../address/ipv4';
import { parseIPv6Network } from '../address/ipv6';
import { Pref64 } from '../address/pref64';
import { parseServer, type ServerAddress, type ToServerAddress } from '../address/server-address';
import { V6OnlyError } from '../report/errors';
import { CachingUpstream } from '../resolver/cache';
import { DnsClient } from '../resolver/client';
import { type Dns64Config, dns64Config } from '../resolver/dns64-config';
import type { RateLimitOptions } from '../resolver/rate-limit';
import { readResolvConf } from '../resolver/resolv-conf';
import { Dns64Server, type ListenError } from '../resolver/server';
import type { Dns64Statistics } from '../resolver/statistics';
import { noMoreWords, parse, usage } from './arguments';
import type { Command } from './command';
import { DNS64 } from './definition';
import { EXIT } from './exit-codes';

type Values = ReturnType<typeof parse<typeof DNS64.flags>>['values'];

interface Settings {
  readonly listen: readonly ServerAddress[];
  readonly upstream: readonly string[];
  readonly config: Dns64Config;
  readonly cacheEntries: number;
  readonly staleSeconds: number;
  readonly rate: RateLimitOptions | undefined;
  readonly json: boolean;
}

/** The default: far more than a network needs, and less than a flood. */
const DEFAULT_RATE: RateLimitOptions = { perSecond: 1000, exemptsLoopback: true };

/** Runs until a signal ends it. */
export const dns64: Command = async (argv, out) => {
  const { values, words } = parse(argv, DNS64.flags);
  if (values.help) return out.help(DNS64);
  noMoreWords('dns64', words);
  // Registered first, so that a signal during the start is not lost and does not end the server half-way.
  const ended = firstOf(process, ['SIGINT', 'SIGTERM']);
  let printStatistics = () => {};
  const onSignal = () => printStatistics();
  // Windows has no SIGUSR2.
  if (process.platform !== 'win32') process.on('SIGUSR2', onSignal);
  const settings = readSettings(values);
  const { server, client } = await createServer(settings);
  let addresses: readonly string[];
  try {
    addresses = await server.start();
  } catch (error) {
    ended.dispose();
    process.stderr.write(`v6only dns64: cannot listen on ${inWords(error as ListenError)}\n`);
    return EXIT.bad;
  }
  const prefixes = settings.config.prefixes.join(', ');
  process.stderr.write(
    `v6only dns64: listening on ${addresses.join(', ')}; prefix ${prefixes}; upstream ${settings.upstream.join(', ')}\n`,
  );
  const { json } = settings;
  printStatistics = () => void process.stderr.write(formatStatistics(server.statistics(), json));
  await ended.signal;
  await server.stop();
  // Late answers of the upstreams are not needed any more. Their sockets would keep the process alive.
  client.cancel();
  process.removeListener('SIGUSR2', onSignal);
  if (json) printStatistics();
  return EXIT.ok;
};

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'Use a port above 1023, or give the process CAP_NET_BIND_SERVICE',
  EADDRINUSE: 'Stop the other server, or use another port',
  EADDRNOTAVAIL: 'Use an address of this host (ip addr)',
};

function inWords({ message, code }: ListenError): string {
  const advice = ADVICE[code ?? ''];
  return advice === undefined ? message : `${message}. ${advice}`;
}

/** @throws V6OnlyError V6ONLY_USAGE */
function readSettings(values: Values): Settings {
  try {
    return settingsOf(values);
  } catch (error) {
    throw error instanceof V6OnlyError ? usage(error.message, 'See v6only dns64 --help') : error;
  }
}

function settingsOf(values: Values): Settings {
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
    rate: values.rate === undefined ? DEFAULT_RATE : rateOf(wholeNumber('--rate', values.rate)),
    json: values.json === true,
  };
}

function rateOf(perSecond: number): RateLimitOptions | undefined {
  return perSecond === 0 ? undefined : { perSecond };
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usage(`${option} "${text}" is not a whole number`);
}

async function createServer(settings: Settings): Promise<{ server: Dns64Server; client: DnsClient }> {
  const { timeoutMs, attempts, rotate } = readResolvConf();
  const client = new DnsClient({
    servers: () => settings.upstream,
    toServerAddress: await routesTo(settings.upstream, settings.config),
    ...{ timeoutMs, attempts, rotate },
  });
  const { cacheEntries, staleSeconds, listen, config, rate } = settings;
  const upstream = new CachingUpstream(client, { maxEntries: cacheEntries, staleSeconds });
  return { server: new Dns64Server({ upstream, config, listen, cacheEntries, rate }), client };
}

/** Resolves with the first of these signals. After it, and after `dispose`, the signals have their default effect. */
function firstOf(target: NodeJS.Process, signals: readonly NodeJS.Signals[]) {
  let dispose: () => void = () => {};
  const signal = new Promise<void>((resolve) => {
    dispose = () => {
      for (const name of signals) target.removeListener(name, dispose);
      resolve();
    };
    for (const name of signals) target.on(name, dispose);
  });
  return { signal, dispose };
}

/** How to reach each IPv4 upstream: over IPv4 if the kernel has a route, else through the NAT64. */
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

/** Whether the kernel has a route. Connecting a UDP socket sends nothing. */
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
  const { queries, types, rcodes, rateLimited, ...rest } = statistics;
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ');
  return [
    `v6only dns64: up ${rest.uptimeSeconds} s; ${queries.udp} queries over UDP, ${queries.tcp} over TCP; ${rest.pending} pending`,
    `  answers: ${list(rcodes) || 'none'}; ${rest.synthesized} synthesized, ${rest.cacheHits} from the cache, ${rest.truncated} truncated`,
    `  types of queries not answered from the cache: ${list(types) || 'none'}`,
    `  ${rest.upstreamFailures} upstream failures, ${rest.malformed} malformed messages`,
    `  beyond the rate limit: ${rateLimited.truncated} truncated, ${rateLimited.dropped} dropped`,
    '',
  ].join('\n');
}
