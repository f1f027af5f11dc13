import { integerToIPv4, ipv4ToInteger, isInRange } from '../address/ipv4';
import type { Pref64 } from '../address/pref64';
import { isHostLocal, specialPurposeOf } from '../address/special-purpose';
import type { RulePrefix } from '../address/translator-policy';
import type { PolicyInput } from './input.generated';
import { ownFields } from './own-fields';
import { type PolicySource, Report } from './problems';
import { readDns64, readLoopback, readMulticast, readNat64, readPool } from './read-fields';
import { readRule } from './read-rule';
import type { Rule } from './rule';
import type { Policy } from './types';

/**
 * Checks a policy and compiles it for the translator and the hooks.
 * @param source the text of the policy, so that faults have a line and a column
 * @param report has the faults already found in the text
 * @throws PolicyError V6ONLY_INVALID_POLICY, with all faults
 */
export function compilePolicy(given: PolicyInput = {}, source?: PolicySource, report = new Report(source)): Policy {
  const input = ownFields(given, report) as PolicyInput;
  checkShape(input, report);
  const field = <K extends keyof PolicyInput>(key: K): PolicyInput[K] | undefined =>
    report.has('') || report.has(`/${key}`) ? undefined : input[key];
  const rules = readRules(input, report);
  const nat64 = readNat64(field('nat64'), report);
  const policy: Policy = {
    mode: field('mode') ?? 'auto',
    nat64,
    loopback: readLoopback(field('loopback'), nat64, report),
    matchRule: undefined,
    rules,
    twins: twinsOf(rules),
    rulePrefixes: rulePrefixesOf(rules),
    listen: field('listen') ?? 'auto',
    peers: field('peers') ?? 'ipv6',
    pool: readPool(field('pool'), report),
    multicast: readMulticast(field('multicast'), report),
    children: field('children') ?? true,
    dns64: readDns64(field('dns64') ?? {}, report),
    log: field('log') ?? 'warn',
  };
  const matchRule = compileRules(rules, report);
  report.throwIfFaulty();
  return { ...policy, matchRule };
}

/**
 * Checks the shape with the validator that is generated from the schema. It is loaded only if there is something to
 * validate.
 */
function checkShape(input: unknown, report: Report): void {
  if (isEmptyObject(input)) return;
  const { validate } = require('./validate.generated') as typeof import('./validate.generated');
  if (validate(input)) return;
  const { reportShape } = require('./check-shape') as typeof import('./check-shape');
  reportShape((validate.errors ?? []).slice(0, MAX_SHAPE_ERRORS), input, report);
}

/** More than are reported: one fault may be several errors of the validator. */
const MAX_SHAPE_ERRORS = 16_384;

function isEmptyObject(input: unknown): boolean {
  return typeof input === 'object' && input !== null && !Array.isArray(input) && Object.keys(input).length === 0;
}

/** The rules of the policy, then those of its presets. */
function readRules(input: PolicyInput, report: Report): Rule[] {
  const rules: Rule[] = [];
  if (report.has('')) return rules;
  if (Array.isArray(input.rules)) {
    for (const [index, rule] of input.rules.entries()) {
      const pointer = `/rules/${index}`;
      if (!report.has(pointer)) rules.push(...readRule(rule, pointer, report));
    }
  }
  if (report.has('/presets') || input.presets === undefined || input.presets.length === 0) return rules;
  const { PRESETS } = require('./presets') as typeof import('./presets');
  for (const [index, name] of input.presets.entries()) {
    for (const [ipv4, address] of Object.entries(PRESETS[name]?.twins ?? {})) {
      const value = ipv4ToInteger(ipv4);
      rules.push({
        matcher: { kind: 'range', range: { first: value, last: value } },
        ports: undefined,
        protocol: undefined,
        result: { target: { kind: 'address', address }, name: `preset ${name} (${ipv4})` },
        pointer: `/presets/${index}`,
        preset: name,
      });
    }
  }
  return rules;
}

function compileRules(rules: readonly Rule[], report: Report): Policy['matchRule'] {
  if (rules.length === 0) return undefined;
  // A list that is too long is refused already, and comparing its rules takes long.
  if (!report.has('/rules')) {
    const { reportShadowed } = require('./shadowed-rules') as typeof import('./shadowed-rules');
    reportShadowed(rules, report);
  }
  const { firstMatch } = require('./rule') as typeof import('./rule');
  return (destination) => firstMatch(rules, destination);
}

/**
 * IPv6 address → the IPv4 address that a rule sends to it, if it is the only one. The program then sees the peer at the
 * address that it asked for. A rule with ports or a protocol gives the host no other name: its other ports are not those
 * of the IPv4 address.
 */
function twinsOf(rules: readonly Rule[]): ReadonlyMap<string, string> {
  const twins = new Map<string, string>();
  const ambiguous = new Set<string>();
  const always = new Set<string>();
  for (const rule of rules) {
    const { matcher, result } = rule;
    if (result.target.kind !== 'address') continue;
    const { address } = result.target;
    if (matcher.kind !== 'range' || matcher.range.first !== matcher.range.last || !isOfPeer(matcher.range.first)) {
      ambiguous.add(address);
      continue;
    }
    const ipv4 = integerToIPv4(matcher.range.first);
    const known = twins.get(address);
    if (known !== undefined && known !== ipv4) ambiguous.add(address);
    else twins.set(address, ipv4);
    if (!isConditional(rule)) always.add(address);
  }
  return new Map([...twins].filter(([address]) => always.has(address) && !ambiguous.has(address)));
}

const isConditional = ({ ports, protocol }: Rule): boolean => ports !== undefined || protocol !== undefined;

/** As natively, no peer has a broadcast address, say. A link-local one may be that of a service on this link. */
function isOfPeer(ipv4: number): boolean {
  return !isHostLocal(ipv4) || specialPurposeOf(ipv4)?.kind === 'link-local';
}

function rulePrefixesOf(rules: readonly Rule[]): readonly RulePrefix[] {
  const prefixes = new Map<string, Pref64>();
  for (const { result } of rules) {
    if (result.target.kind === 'prefix') prefixes.set(String(result.target.prefix), result.target.prefix);
  }
  return [...prefixes].map(([text, prefix]) => ({ prefix, carries: (ipv4) => carries(rules, text, ipv4) }));
}

/**
 * Whether a rule sends `ipv4` to the prefix, whatever the port and the protocol. A rule for a name can: the name may have
 * any address. A rule for the address hides later ones.
 */
function carries(rules: readonly Rule[], prefix: string, ipv4: number): boolean {
  for (const rule of rules) {
    const { matcher, result } = rule;
    const isRange = matcher.kind === 'range';
    if (isConditional(rule) || (isRange && !isInRange(ipv4, matcher.range))) continue;
    if (result.target.kind === 'prefix' && String(result.target.prefix) === prefix) return true;
    if (isRange) return false;
  }
  return false;
}
