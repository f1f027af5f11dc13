import type { Destination, MatchedRule, Protocol } from '../address/destination';
import { type IPv4Range, isInRange } from '../address/ipv4';
import { MAX_NAME_LENGTH, normalizeHost } from './host-names';

/** An inclusive range of ports. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** The destinations that a rule matches. */
export type Matcher =
  | { readonly kind: 'range'; readonly range: IPv4Range }
  | { readonly kind: 'host'; readonly host: string }
  /** `matches` expects a normalized name. */
  | { readonly kind: 'glob'; readonly glob: string; readonly matches: (host: string) => boolean };

/** One `match` of one rule, read and checked. */
export interface Rule {
  readonly matcher: Matcher;
  /** Undefined: all ports, and destinations without a known port. */
  readonly ports: readonly PortRange[] | undefined;
  readonly protocol: Protocol | undefined;
  readonly result: MatchedRule;
  /** The JSON pointer of its `match`. */
  readonly pointer: string;
  /** The preset it comes from. */
  readonly preset: string | undefined;
}

/** Why a rule does or does not match. */
export interface RuleVerdict {
  readonly name: string;
  readonly to: string;
  readonly matches: boolean;
  readonly why: string;
}

/**
 * The first rule that matches. The translator caches its decision, so each destination is matched once a second at
 * most.
 */
export function firstMatch(rules: readonly Rule[], destination: Destination): MatchedRule | undefined {
  const asked = normalized(destination);
  for (const rule of rules) if (obstacle(rule, asked) === undefined) return rule.result;
  return undefined;
}

/** The verdict on each rule, in order, up to the first that matches. */
export function judgeRules(rules: readonly Rule[], destination: Destination): RuleVerdict[] {
  const asked = normalized(destination);
  const verdicts: RuleVerdict[] = [];
  for (const rule of rules) {
    const why = obstacle(rule, asked);
    const { target, name } = rule.result;
    const to =
      target.kind === 'address' ? target.address : target.kind === 'prefix' ? String(target.prefix) : target.kind;
    verdicts.push({ name, to, matches: why === undefined, why: why ?? 'matches' });
    if (why === undefined) break;
  }
  return verdicts;
}

function normalized({ host, ...rest }: Destination): Destination {
  return host === undefined ? rest : { ...rest, host: normalizeHost(host) };
}

/** Why a rule does not match a destination with a normalized host. Undefined if it matches. */
function obstacle({ matcher, ports, protocol }: Rule, asked: Destination): string | undefined {
  if (matcher.kind === 'range') {
    if (asked.ipv4 === undefined) return 'it matches addresses only';
    if (!isInRange(asked.ipv4, matcher.range)) return 'another address';
  } else {
    const { host } = asked;
    if (host === undefined) return 'it matches names only';
    if (host.length > MAX_NAME_LENGTH) return NAME_TOO_LONG;
    if (!(matcher.kind === 'host' ? matcher.host === host : matcher.matches(host))) return 'another name';
  }
  if (protocol !== undefined && protocol !== asked.protocol) return `it is for ${protocol}`;
  if (ports === undefined) return undefined;
  const { port } = asked;
  if (port === undefined) return 'it matches certain ports only, and no port is given';
  return ports.some(({ first, last }) => port >= first && port <= last) ? undefined : 'another port';
}

const NAME_TOO_LONG = `no name has more than ${MAX_NAME_LENGTH} octets`;
