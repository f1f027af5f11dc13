import fs from 'node:fs';
import { isIP } from 'node:net';
import { isOutOfResources } from '../report/out-of-resources';

/** The host's settings for name servers, as the C library reads them (resolv.conf(5)). */
export interface ResolvConf {
  /** In order, at most three. */
  readonly servers: readonly string[];
  /** Domains to append to names that have fewer than `ndots` dots. */
  readonly search: readonly string[];
  readonly ndots: number;
  /** Per attempt. */
  readonly timeoutMs: number;
  /** Rounds over the servers. */
  readonly attempts: number;
  /** Whether each query starts with another server. */
  readonly rotate: boolean;
}

/** The limits of the C library. */
const MAX_SERVERS = 3;
const LIMITS = { ndots: 15, timeout: 30, attempts: 5 } as const;

export const RESOLV_CONF_DEFAULTS: ResolvConf = {
  servers: ['127.0.0.1'],
  search: [],
  ndots: 1,
  timeoutMs: 5000,
  attempts: 2,
  rotate: false,
};

/** Parses a resolv.conf. Skips unknown lines, as the C library does. */
export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  let search: readonly string[] = RESOLV_CONF_DEFAULTS.search;
  const numbers = { ndots: RESOLV_CONF_DEFAULTS.ndots, timeout: RESOLV_CONF_DEFAULTS.timeoutMs / 1000, attempts: 2 };
  let rotate = false;
  for (const line of text.split('\n')) {
    if (/^[#;]/.test(line)) continue;
    const [keyword, ...values] = line.trim().split(/\s+/);
    const [first = ''] = values;
    if (keyword === 'nameserver' && isIP(first) !== 0 && servers.length < MAX_SERVERS) servers.push(first);
    // If `domain` and `search` are both present, the last one counts.
    else if ((keyword === 'domain' || keyword === 'search') && values.length > 0) {
      search = (keyword === 'domain' ? [first] : values)
        .map((domain) => domain.replace(/^\.|\.$/g, ''))
        .filter(Boolean);
    } else if (keyword === 'options') {
      for (const option of values) {
        const [, name = '', value = ''] = /^(ndots|timeout|attempts):(\d+)$/.exec(option) ?? [];
        if (isLimited(name)) numbers[name] = Math.min(Number(value), LIMITS[name]);
        if (option === 'rotate') rotate = true;
      }
    }
  }
  return {
    servers: servers.length > 0 ? servers : RESOLV_CONF_DEFAULTS.servers,
    search,
    ndots: numbers.ndots,
    timeoutMs: Math.max(numbers.timeout, 1) * 1000,
    attempts: Math.max(numbers.attempts, 1),
    rotate,
  };
}

function isLimited(name: string): name is keyof typeof LIMITS {
  return name in LIMITS;
}

/**
 * The host's resolv.conf. Without one, as on Windows, the defaults.
 * @throws if no descriptor is left to read it
 */
export function readResolvConf(path = '/etc/resolv.conf'): ResolvConf {
  let text: string;
  try {
    text = fs.readFileSync(path, 'utf8');
  } catch (error) {
    if (isOutOfResources(error)) throw error;
    return RESOLV_CONF_DEFAULTS;
  }
  return parseResolvConf(text);
}

/** The names to try in turn when a program looks up `name` (resolv.conf(5), `search` and `ndots`). */
export function searchList(name: string, conf: Pick<ResolvConf, 'search' | 'ndots'>): readonly string[] {
  if (name.endsWith('.')) return [name];
  const dots = name.split('.').length - 1;
  const others = conf.search.map((domain) => `${name}.${domain}`);
  return dots >= conf.ndots ? [name, ...others] : [...others, name];
}
