import { isIPv4, isIPv6 } from 'node:net';
import type { RuleTarget } from '../address/destination';
import { type IPv4Range, ipv4ToInteger, parseIPv4Range } from '../address/ipv4';
import { canonicalIPv6 } from '../address/ipv6';
import { Pref64 } from '../address/pref64';
import { specialPurposeOf } from '../address/special-purpose';
import { V6OnlyError } from '../report/errors';
import { compileGlob, isHostGlob, isHostName, MAX_STARS, normalizeHost } from './host-names';
import type { PolicyRule } from './input.generated';
import { invalidOption, type Report } from './problems';
import type { Matcher, PortRange, Rule } from './rule';

/** Reads one rule. The result has one entry for each of its matches. Faults go to the report. */
export function readRule(input: PolicyRule, pointer: string, report: Report): Rule[] {
  const name = `rules[${pointer.slice('/rules/'.length)}]`;
  const targetAt = `${pointer}/to`;
  const portsAt = `${pointer}/port`;
  // A field that the shape check found missing is undefined, although its type says otherwise.
  const isReadable = (key: 'match' | 'to') => input[key] !== undefined && !report.has(`${pointer}/${key}`);
  const target = isReadable('to') ? report.attempt(targetAt, () => parseTarget(input.to)) : undefined;
  const ports = report.has(portsAt) ? undefined : readPorts(input.port, portsAt, report);
  const given = input.port === undefined ? undefined : [input.port].flat().length;
  const rules: Rule[] = [];
  if (!isReadable('match')) return rules;
  report.each(`${pointer}/match`, input.match, (text, matchAt) => {
    const matcher = parseMatch(text);
    // Without its ports the rule would cover others that it does not.
    if (target === undefined || ports?.length !== given) return;
    const result = { target, name: `${name} (${text})` };
    rules.push({ matcher, ports, protocol: input.protocol, result, pointer: matchAt, preset: undefined });
    if (target.kind === 'native') report.attempt(targetAt, () => checkNative(matcher, ports ?? input.protocol));
    if (target.kind === 'prefix') report.attempt(targetAt, () => checkEmbedding(matcher, target.prefix));
  });
  return rules;
}

/** @throws V6OnlyError V6ONLY_INVALID_ADDRESS, whose message names the allowed forms. */
export function parseMatch(text: string): Matcher {
  // A text of only digits, dots, slashes and dashes is meant as an address, never as a host name.
  if (/^[\d./\s-]+$/.test(text)) return { kind: 'range', range: parseRange(text) };
  if (isIPv6(text.replace(/^\[|\]$/g, '')) || /^[0-9a-f:]+:[0-9a-f:]*\/\d+$/i.test(text)) {
    throw badAddress(
      `"${text}" is IPv6`,
      'Rules match IPv4 addresses and host names; v6only does not change IPv6 addresses',
    );
  }
  if (/^[^:]+:\d+$/.test(text)) {
    throw badAddress(`"${text}" contains a port`, 'Write the port in the field "port" of the rule');
  }
  const host = normalizeHost(text);
  if (isHostName(host)) return { kind: 'host', host };
  if (/[*?{[]/.test(host) && isHostGlob(host)) return { kind: 'glob', glob: host, matches: compileGlob(host) };
  throw badAddress(
    `"${text}" is neither an IPv4 address, a network, a range, a host name nor a glob`,
    `Write it as 192.0.2.1, 192.0.2.0/24, 192.0.2.1-192.0.2.9, db.example.org or *.example.org (at most ${MAX_STARS} stars and ${MAX_STARS} pairs of braces)`,
  );
}

function parseRange(text: string): IPv4Range {
  const [from = '', to = '', ...rest] = text.split('-').map((part) => part.trim());
  if (!text.includes('-')) return parseIPv4Range(text);
  if (!isIPv4(from) || !isIPv4(to) || rest.length > 0) {
    throw badAddress(`"${text}" is not a range of IPv4 addresses`, 'Write it as 192.0.2.1-192.0.2.9');
  }
  const range = { first: ipv4ToInteger(from), last: ipv4ToInteger(to) };
  if (range.first > range.last) throw badAddress(`"${text}" ends before it begins`, `Write it as ${to}-${from}`);
  return range;
}

/** @throws V6OnlyError V6ONLY_INVALID_ADDRESS or V6ONLY_INVALID_PREFIX */
export function parseTarget(text: string): RuleTarget {
  if (text === 'direct' || text === 'refuse' || text === 'nat64' || text === 'native') return { kind: text };
  if (text.includes('/')) return { kind: 'prefix', prefix: Pref64.parse(text) };
  if (isIPv6(text)) return { kind: 'address', address: canonicalIPv6(text) };
  throw badAddress(
    `"${text}" is not an IPv6 address`,
    'Write an IPv6 address, a prefix such as 2001:db8:64::/96, "direct", "refuse", "nat64" or "native"',
  );
}

/** A name is looked up before its port and transport are known. */
function checkNative(matcher: Matcher, condition: unknown): void {
  if (matcher.kind === 'range') {
    throw invalidOption('"native" applies to names only', 'Match a host name or a glob of host names');
  }
  if (condition !== undefined) {
    throw invalidOption('"native" applies to every port and protocol', 'Remove "port" and "protocol" from this rule');
  }
}

/** RFC 6052 §3.1: the well-known prefix must not carry addresses that are not global. */
function checkEmbedding(matcher: Matcher, prefix: Pref64): void {
  if (matcher.kind !== 'range' || !prefix.isWellKnown) return;
  const { first, last } = matcher.range;
  const block = specialPurposeOf(first);
  // Documentation and benchmarking addresses are used only in test networks, so they are allowed.
  if (block === undefined || block.kind === 'reserved' || last > block.last) return;
  throw new V6OnlyError(
    'V6ONLY_INVALID_PREFIX',
    `64:ff9b::/96 must not carry ${block.name} addresses (RFC 6052 §3.1)`,
    'Name a network-specific prefix',
  );
}

function readPorts(input: PolicyRule['port'], pointer: string, report: Report): readonly PortRange[] | undefined {
  if (input === undefined) return undefined;
  return report.each(pointer, input, parsePort).filter((range) => range !== undefined);
}

function parsePort(port: number | string): PortRange {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(port));
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first < 1 || last > 65535 || first > last) {
    throw invalidOption(`"${port}" is not a port`, 'Write a port from 1 to 65535, or a range such as "8000-8999"');
  }
  return { first, last };
}

const badAddress = (what: string, hint: string) => new V6OnlyError('V6ONLY_INVALID_ADDRESS', what, hint);
