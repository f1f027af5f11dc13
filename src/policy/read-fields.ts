import { isIPv4, isIPv6 } from 'node:net';
import { ipv4ToInteger, parseIPv4Range } from '../address/ipv4';
import { canonicalIPv6, parseIPv6Network } from '../address/ipv6';
import { LoopbackPrefix } from '../address/loopback-prefix';
import { DEFAULT_NETWORK } from '../address/pool';
import { Pref64 } from '../address/pref64';
import { readServer } from '../address/server-address';
import { specialPurposeOf } from '../address/special-purpose';
import type { PolicyDns64, PolicyInput } from './input.generated';
import { pointerPart } from './json-positions';
import { invalidOption, type Report } from './problems';
import type { Dns64Policy, Policy } from './types';

export function readNat64(input: PolicyInput['nat64'], report: Report): Policy['nat64'] {
  if (input === undefined || input === 'discover') return 'discover';
  const known = new Set<string>();
  const prefixes = report.each('/nat64', input, (text, at) => {
    const prefix = report.attempt(at, () => Pref64.parse(text));
    // One prefix has several spellings.
    const spelling = prefix === undefined ? text : String(prefix);
    if (known.has(spelling)) report.add(at, `"${text}" is listed twice`);
    known.add(spelling);
    return prefix;
  });
  return prefixes.filter((prefix) => prefix !== undefined);
}

export function readLoopback(
  input: PolicyInput['loopback'],
  nat64: Policy['nat64'],
  report: Report,
): Policy['loopback'] {
  if (input === undefined || input === 'auto' || input === 'translate' || input === 'direct') return input ?? 'auto';
  const prefix = report.attempt('/loopback', () => LoopbackPrefix.parse(input));
  // Else a host beyond the NAT64 would be shown as 127.0.0.1.
  const other = nat64 === 'discover' ? undefined : nat64.find((one) => prefix?.overlaps(one));
  if (other) report.add('/loopback', `"${input}" overlaps the NAT64 prefix ${String(other)}`);
  return prefix ?? 'auto';
}

export function readPool(input: PolicyInput['pool'], report: Report): Policy['pool'] {
  report.each('/pool', input ?? [], (text, _at, index) => checkPoolNetwork(text, index === 1));
  const [network = DEFAULT_NETWORK, privateNetwork] = typeof input === 'string' ? [input] : (input ?? []);
  if (privateNetwork !== undefined && !['/pool', '/pool/0', '/pool/1'].some((at) => report.has(at))) {
    const [a, b] = [parseIPv4Range(network), parseIPv4Range(privateNetwork)];
    if (a.first <= b.last && a.last >= b.first) report.add('/pool/1', `"${privateNetwork}" overlaps "${network}"`);
  }
  return { network, privateNetwork };
}

function checkPoolNetwork(text: string, mustBePrivate: boolean): void {
  const { first, last } = parseIPv4Range(text);
  const bits = 32 - Math.log2(last - first + 1);
  if (bits < 8 || bits > 29)
    throw invalidOption(`"${text}" has a length of ${bits}`, 'The length must be from 8 to 29');
  // RFC 6535 §4.4: not from 127.0.0.0/8 or 169.254.0.0/16, which have their own meaning.
  for (const end of [first, last]) {
    const block = specialPurposeOf(end);
    if (block && block.kind !== 'private' && block.kind !== 'reserved') {
      throw invalidOption(
        `"${text}" contains ${block.name} addresses (RFC 6535 §4.4)`,
        'Use 198.18.0.0/15 or a private network',
      );
    }
    if (mustBePrivate && block?.kind !== 'private') {
      throw invalidOption(
        `"${text}" is not a private network`,
        'Use a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16',
      );
    }
  }
}

/** As many as rules. To read more would take long. */
const MAX_GROUPS = 4096;

export function readMulticast(input: PolicyInput['multicast'], report: Report): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  const entries = report.has('/multicast') ? [] : Object.entries(input ?? {});
  if (entries.length > MAX_GROUPS) report.add('/multicast', `has more than ${MAX_GROUPS} entries`);
  for (const [from, to] of entries.slice(0, MAX_GROUPS)) {
    const pointer = `/multicast${pointerPart(from)}`;
    if (report.has(pointer)) continue;
    if (!isIPv4(from) || specialPurposeOf(ipv4ToInteger(from))?.kind !== 'multicast') {
      report.add(pointer, `"${from}" is not an IPv4 group`, { at: 'key', allowed: 'an address of 224.0.0.0/4' });
    } else if (!isIPv6(to) || !/^ff/i.test(to) || to.includes('%')) {
      report.add(pointer, `"${to}" is not an IPv6 group`, { allowed: 'an address of ff00::/8' });
    } else groups.set(from, canonicalIPv6(to));
  }
  return groups;
}

export function readDns64(input: PolicyDns64, report: Report): Dns64Policy {
  const part = <K extends keyof PolicyDns64>(key: K) => (report.has(`/dns64/${key}`) ? undefined : input[key]);
  const servers = part('servers');
  report.each('/dns64/servers', servers ?? [], (text, at) => {
    if (readServer(text) !== undefined) return;
    const allowed = 'an IP address, with a port as 192.0.2.53:5353 or [2001:db8::53]:5353';
    report.add(at, `"${text}" is not the address of a DNS server`, { allowed });
  });
  const exclude = part('exclude') ?? [];
  report.each('/dns64/exclude', exclude, parseIPv6Network);
  const cache = part('cache') ?? {};
  const { entries = 4096, staleSeconds = 0 } = typeof cache === 'object' ? cache : {};
  return {
    servers,
    exclude,
    cacheEntries: cache === false ? 0 : entries,
    staleSeconds,
    timeoutMs: input.timeoutMs,
    attempts: input.attempts,
    deadlineMs: input.deadlineMs ?? 2000,
  };
}
