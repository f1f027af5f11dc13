import { suffixOf } from './host-names';
import type { Report } from './problems';
import type { Matcher, Rule } from './rule';

/** A rule that can never match, because earlier rules match every destination that it matches. */
interface Shadowed {
  readonly rule: Rule;
  /** The earlier rules that match a part of its destinations. */
  readonly by: readonly Rule[];
}

/** Reports each rule that can never match, with the earlier rules that cover it. */
export function reportShadowed(rules: readonly Rule[], report: Report): void {
  for (const { rule, by } of shadowed(rules)) {
    if (rule.preset === undefined) {
      report.add(rule.pointer, `can never match, because ${namesOf(by)} covers all of it; move it up or remove it`);
      continue;
    }
    // A rule may override a preset: presets are meant to be used this way. Two presets with the same address contradict
    // each other.
    const other = by.find((earlier) => earlier.preset !== undefined && earlier.preset !== rule.preset);
    if (other === undefined) continue;
    report.add(
      rule.pointer,
      `${rule.result.name} can never match, because ${other.result.name} comes before it; use one of them`,
    );
  }
}

function* shadowed(rules: readonly Rule[]): Generator<Shadowed> {
  const ranges: { readonly rule: Rule; readonly first: number; readonly last: number }[] = [];
  const names: Named[] = [];
  for (const rule of rules) {
    const by: Rule[] = [];
    const { matcher } = rule;
    if (matcher.kind === 'range') {
      const { first, last } = matcher.range;
      for (const earlier of ranges) if (earlier.first <= last && first <= earlier.last) by.push(earlier.rule);
      ranges.push({ rule, first, last });
    } else {
      for (const earlier of names) if (isWider(earlier, matcher)) by.push(earlier.rule);
      names.push({ rule, matcher, suffix: matcher.kind === 'glob' ? suffixOf(matcher.glob) : undefined });
    }
    if (by.length === 0) continue;
    const taken = by.flatMap(boxesOf);
    if (boxesOf(rule).every((box) => isCovered(box, taken, 0))) yield { rule, by };
  }
}

type NameMatcher = Exclude<Matcher, { kind: 'range' }>;

interface Named {
  readonly rule: Rule;
  readonly matcher: NameMatcher;
  readonly suffix: string | undefined;
}

/** Compares globs only in the simple cases: the same text, `*`, or a shorter suffix. */
function isWider({ matcher: earlier, suffix }: Named, matcher: NameMatcher): boolean {
  if (matcher.kind === 'host') {
    return earlier.kind === 'host' ? earlier.host === matcher.host : earlier.matches(matcher.host);
  }
  if (earlier.kind === 'host') return false;
  if (earlier.glob === matcher.glob || earlier.glob === '*') return true;
  return suffix !== undefined && matcher.glob.length > suffix.length && matcher.glob.endsWith(suffix);
}

/** The destinations of a rule as ranges in three dimensions: address, port and protocol. */
type Box = readonly (readonly [first: number, last: number])[];

/** Stands for a destination without a known port. Lies before all ports. */
const NO_PORT = 0;
const LAST_PORT = 65_535;
/** A destination without a known protocol has 0. */
const PROTOCOLS = { tcp: 1, udp: 2 } as const;

function boxesOf({ matcher, ports, protocol }: Rule): Box[] {
  const addresses = addressesOf(matcher);
  const protocols = protocol === undefined ? ([0, 2] as const) : ([PROTOCOLS[protocol], PROTOCOLS[protocol]] as const);
  return (ports ?? [{ first: NO_PORT, last: LAST_PORT }]).map(({ first, last }) => [
    addresses,
    [first, last],
    protocols,
  ]);
}

/** Names have no order. Two overlapping name rules overlap completely, so one value suffices. */
const addressesOf = (matcher: Matcher): readonly [number, number] =>
  matcher.kind === 'range' ? [matcher.range.first, matcher.range.last] : [0, 0];

/**
 * Whether `taken`, from index `from` on, covers `box`. The other boxes must cover the parts that the first overlapping
 * box leaves over.
 */
function isCovered(box: Box, taken: readonly Box[], from: number): boolean {
  for (let i = from; i < taken.length; i++) {
    const other = taken[i] as Box;
    if (box.some(([first, last], d) => last < (other[d]?.[0] ?? 0) || first > (other[d]?.[1] ?? 0))) continue;
    return leftOver(box, other).every((part) => isCovered(part, taken, i + 1));
  }
  return false;
}

/** `box` without `other`: the parts before and after `other` in each dimension. */
function leftOver(box: Box, other: Box): Box[] {
  const parts: Box[] = [];
  const rest = [...box];
  for (const [d, [from, to]] of other.entries()) {
    const [first, last] = rest[d] as Box[number];
    if (first < from) parts.push(rest.with(d, [first, from - 1]));
    if (last > to) parts.push(rest.with(d, [to + 1, last]));
    rest[d] = [Math.max(first, from), Math.min(last, to)];
  }
  return parts;
}

function namesOf(rules: readonly Rule[]): string {
  const shown = rules.slice(0, 3).map((rule) => rule.result.name);
  return `${shown.join(', ')}${rules.length > shown.length ? ` and ${rules.length - shown.length} more` : ''}`;
}
