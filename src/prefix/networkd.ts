import { readFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { isPrefixLength, Pref64 } from '../address/pref64';
import { isOutOfResources } from '../report/out-of-resources';
import { defaultRoute } from './default-route';
import type { SourceAnswer } from './source';

/** The varlink socket of systemd-networkd, and the kernel's route table. */
export interface NetworkdPaths {
  readonly socket: string;
  readonly routes: string;
}

const PATHS: NetworkdPaths = { socket: '/run/systemd/netif/io.systemd.Network', routes: '/proc/net/ipv6_route' };

/** networkd answers within a few milliseconds. If it hangs, it must not delay the query to the name servers. */
const TIMEOUT_MS = 500;
/** Enough for the description of some hundred interfaces. */
const MAX_OCTETS = 4_194_304;
const REQUEST = '{"method":"io.systemd.Network.Describe","parameters":{}}\0';

/**
 * The prefixes that routers advertise on the link of the default route (RFC 8781), from systemd-networkd. Any user may
 * ask it, so neither root nor a raw socket is needed. Undefined if there is no networkd, if it is too old to know
 * prefixes, and if no router names one.
 * @throws if no descriptor is left to ask it
 */
export async function askNetworkd(signal: AbortSignal, paths = PATHS): Promise<SourceAnswer | undefined> {
  try {
    const link = defaultRoute(readFileSync(paths.routes, 'latin1'))?.link;
    if (link === undefined) return undefined;
    return pref64Of(JSON.parse(await describe(paths.socket, signal)), link, os.uptime() * 1000);
  } catch (error) {
    if (isOutOfResources(error)) throw error;
    // No such file, no permission, or an unexpected reply: the next source is asked.
    return undefined;
  }
}

/** Calls the method. Request and reply are each a JSON object and a NUL octet. */
function describe(path: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path }).unref();
    const timer = setTimeout(() => fail(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS).unref();
    const fail = (error: Error) => {
      reject(error);
      socket.destroy();
    };
    const onAbort = () => fail(signal.reason as Error);
    let received = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      received += chunk;
      const end = received.indexOf('\0');
      if (end >= 0) {
        resolve(received.slice(0, end));
        socket.destroy();
      } else if (received.length > MAX_OCTETS) fail(new Error('the answer does not end'));
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      reject(new Error('closed without an answer'));
    });
    signal.addEventListener('abort', onAbort, { once: true });
    socket.write(REQUEST);
  });
}

/** The part of the reply of `Describe` that is needed here. Any field may be missing or have another type. */
interface Reply {
  readonly parameters?: { readonly Interfaces?: readonly Interface[] };
}
interface Interface {
  readonly Name?: string;
  readonly NDisc?: { readonly PREF64?: readonly AdvertisedPrefix[] };
}
interface AdvertisedPrefix {
  /** 16 octets. */
  readonly Prefix?: readonly number[];
  readonly PrefixLength?: number;
  /** End of the lifetime, in microseconds since the host started. Missing: unlimited. */
  readonly LifetimeUSec?: number;
}

/** @param uptimeMs time since the host started */
export function pref64Of(reply: Reply, link: string, uptimeMs: number): SourceAnswer | undefined {
  const interfaces = reply.parameters?.Interfaces ?? [];
  const advertised = interfaces.find(({ Name }) => Name === link)?.NDisc?.PREF64 ?? [];
  const found = advertised.flatMap((entry) => {
    const { Prefix = [], PrefixLength = 0, LifetimeUSec } = entry;
    const leftMs = LifetimeUSec === undefined ? Number.POSITIVE_INFINITY : LifetimeUSec / 1000 - uptimeMs;
    // RFC 8781 §4.1: a lifetime of zero withdraws the prefix.
    if (!isPrefixLength(PrefixLength) || Prefix.length !== 16 || !(leftMs > 0)) return [];
    const prefix = Pref64.startOf(Prefix, PrefixLength);
    return prefix === undefined ? [] : [{ prefix, leftMs }];
  });
  if (found.length === 0) return undefined;
  // networkd's order is arbitrary. The order here must not change from one answer to the next.
  const prefixes = found.map(({ prefix }) => prefix).sort((a, b) => (String(a) < String(b) ? -1 : 1));
  const leftMs = Math.min(...found.map((entry) => entry.leftMs));
  return { source: 'router', prefixes, holdsMs: Number.isFinite(leftMs) ? leftMs : undefined, ends: true };
}
