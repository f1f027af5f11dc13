import type { Destination } from '../address/rules';
import { compileGlob, MAX_NAME_LENGTH, normalizeHost } from './host-names';
import type { Rule } from './rule';

/** Why a rule does or does not match. */
export interface RuleVerdict {
  readonly name: string;
  readonly to: string;
  readonly matches: boolean;
  readonly why: string;
}

/** The verdict on each rule, one after the other, up to the first that matches: what the compiled table does at once. */
export function judgeRules(rules: readonly Rule[], destination: Destination): RuleVerdict[] {
  const verdicts: RuleVerdict[] = [];
  for (const rule of rules) {
    const obstacle = whyNot(rule, destination);
    const { target, name } = rule.result;
    const to =
      target.kind === 'address' ? target.address : target.kind === 'prefix' ? String(target.prefix) : target.kind;
    verdicts.push({ name, to, matches: obstacle === undefined, why: obstacle ?? 'matches' });
    if (obstacle === undefined) break;
  }
  return verdicts;
}

function whyNot({ matcher, ports, protocol }: Rule, asked: Destination): string | undefined {
  if (matcher.kind === 'range') {
    if (asked.ipv4 === undefined) return 'it matches addresses only';
    if (asked.ipv4 < matcher.range.first || asked.ipv4 > matcher.range.last) return 'another address';
  } else {
    if (asked.host === undefined) return 'it matches names only';
    const host = normalizeHost(asked.host);
    if (host.length > MAX_NAME_LENGTH) return `no name has more than ${MAX_NAME_LENGTH} octets`;
    const same = matcher.kind === 'host' ? matcher.host === host : compileGlob(matcher.glob)(host);
    if (!same) return 'another name';
  }
  if (protocol !== undefined && protocol !== asked.protocol) return `it is for ${protocol}`;
  if (ports === undefined) return undefined;
  if (asked.port === undefined) return 'it matches some ports only, and none is named';
  const { port } = asked;
  return ports.some(({ first, last }) => port >= first && port <= last) ? undefined : 'another port';
}
