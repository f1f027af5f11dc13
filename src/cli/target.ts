import { isIP, isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';
import { ipv4ToInteger, networkOf } from '../address/ipv4';
import { mappedIPv4 } from '../address/mapped';
import { usage } from './arguments';

export interface Range {
  readonly first: number;
  readonly last: number;
}

interface Common {
  /** The target as the user wrote it, without a password. */
  readonly text: string;
  readonly port: number | undefined;
  /** Of a URL with a scheme for datagrams. */
  readonly protocol?: 'udp';
}

/** A target to explain. */
export type Target =
  | (Common & { readonly kind: 'address'; readonly address: string })
  | (Common & {
      readonly kind: 'name';
      readonly host: string;
      /** The name of the SRV records that name the hosts. */
      readonly service?: string;
      /** Why they are not known. */
      readonly unknown?: string;
    })
  | (Common & Range & { readonly kind: 'network' });

/** The default ports of URLs. */
const PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'ws:': 80,
  'wss:': 443,
  'ftp:': 21,
  'ssh:': 22,
  'smtp:': 25,
  'ldap:': 389,
  'ldaps:': 636,
  'redis:': 6379,
  'rediss:': 6379,
  'postgres:': 5432,
  'postgresql:': 5432,
  'mysql:': 3306,
  'mongodb:': 27017,
  'amqp:': 5672,
  'amqps:': 5671,
  'mqtt:': 1883,
  'mqtts:': 8883,
  'nats:': 4222,
};

/** The targets in one word: a URL of a cluster names several hosts, as in `mongodb://a:27017,b:27017/`. */
export function parseTargets(text: string): Target[] {
  const [, start = '', hosts, rest = ''] =
    /^([a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?)([^/?#]*,[^/?#]*)(.*)$/is.exec(text.trim()) ?? [];
  if (hosts === undefined) return [parseTarget(text)];
  return hosts.split(',').map((host) => parseTarget(start + host + rest));
}

/**
 * Parses the forms that users paste: an address, an address or a name with a port, a network, a URL, a name.
 * @throws V6OnlyError V6ONLY_USAGE if it is none of these
 */
function parseTarget(text: string): Target {
  const trimmed = text.trim();
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) return ofUrl(trimmed);
  if (isIP(withoutBrackets(trimmed)) !== 0) return ofHost(trimmed, withoutBrackets(trimmed), undefined);
  if (trimmed.includes('/')) return ofNetwork(trimmed);
  const range = /^([\d.]+)-([\d.]+)$/.exec(trimmed);
  if (range) return ofRange(trimmed, range[1] ?? '', range[2] ?? '');
  const [, host = trimmed, port] = /^(\[[^\]]*\]|[^:]*):(.*)$/.exec(trimmed) ?? [];
  return ofHost(trimmed, withoutBrackets(host), port === undefined ? undefined : portIn(trimmed, port));
}

function ofUrl(text: string): Target {
  const url = parseUrl(text);
  // If the URL parser does not know the scheme, it leaves the host percent-encoded.
  const host = withoutBrackets(decoded(url?.hostname ?? ''));
  if (url === undefined || host === '') throw notUnderstood(withoutPassword(text), 'it is not a URL with a host');
  const port = url.port === '' ? PORTS[url.protocol] : Number(url.port);
  const target = ofHost(withoutPassword(text), host, port);
  const [, service] = /^([a-z0-9-]+)\+srv:$/.exec(url.protocol) ?? [];
  if (service !== undefined && target.kind === 'name') return { ...target, service: `_${service}._tcp.${host}` };
  return DATAGRAMS.has(url.protocol) ? { ...target, protocol: 'udp' } : target;
}

const DATAGRAMS = new Set(['udp:', 'udp4:', 'coap:', 'coaps:', 'stun:', 'ntp:', 'statsd:']);

/** Output must not contain a password. */
const withoutPassword = (text: string): string => text.replace(/^([^/]*\/\/)[^/?#]*@/, '$1');

function ofNetwork(text: string): Target {
  if (/^[0-9a-f:.]+\/\d{1,3}$/i.test(text) && text.includes(':')) {
    throw notUnderstood(text, 'it is an IPv6 network: v6only does not change IPv6 addresses');
  }
  const [address = '', length = ''] = text.split(/\/(.*)/s);
  if (!isIPv4(address) || !/^([12]?\d|3[0-2])$/.test(length)) {
    throw notUnderstood(text, 'it is not an IPv4 network such as 10.0.0.0/8');
  }
  // An interface's address with its length, as `ip address` prints it, means its network.
  const { first, last } = networkOf(text);
  return { kind: 'network', text, port: undefined, first, last };
}

function ofRange(text: string, from: string, to: string): Target {
  if (!isIPv4(from) || !isIPv4(to) || ipv4ToInteger(from) > ipv4ToInteger(to))
    throw notUnderstood(text, 'it is not a range such as 192.0.2.1-192.0.2.9');
  return { kind: 'network', text, port: undefined, first: ipv4ToInteger(from), last: ipv4ToInteger(to) };
}

function ofHost(text: string, host: string, port: number | undefined): Target {
  if (isIP(host) !== 0) return { kind: 'address', text, address: mappedIPv4(host) ?? host, port };
  if (/^[0-9.]+$/.test(host) && host.includes('.') && !isLegacyAddress(host)) {
    throw notUnderstood(text, 'an IPv4 address has four numbers from 0 to 255');
  }
  const ascii = domainToASCII(host.replace(/\.$/, ''));
  const labels = ascii.split('.');
  if (
    ascii === '' ||
    ascii.length > 253 ||
    !labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
  )
    throw notUnderstood(text, 'it is not a host name');
  return { kind: 'name', text, host, port };
}

/** `127.1` and similar, which resolvers treat as addresses (inet_aton). */
function isLegacyAddress(host: string): boolean {
  const parsed = parseUrl(`http://${host}/`)?.hostname;
  return parsed !== undefined && isIPv4(parsed) && !/^\d+(\.\d+){3,}\.?$/.test(host);
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Empty if the percent-encoding is faulty. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function portIn(text: string, port: string): number {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65535) throw notUnderstood(text, `"${port}" is not a port from 1 to 65535`);
  return number;
}

const withoutBrackets = (host: string): string => /^\[(.*)\]$/.exec(host)?.[1] ?? host;

const notUnderstood = (text: string, why: string) =>
  usage(
    `"${text}" cannot be explained: ${why}`,
    'Give an address, a network, a URL or a name; v6only explain --help has examples',
  );
