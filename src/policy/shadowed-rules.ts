import { suffixOf } from './host-names';
import type { Report } from './problems';
import type { Matcher, Rule } from './rule';

/** A rule that can never match, since earlier rules match all that it would. */
interface Shadowed {
  readonly rule: Rule;
  /** The earlier rules that take a part of it. */
  readonly by: readonly Rule[];
}

/** Tells of each rule that can never match which earlier ones take all of it. */
export function reportShadowed(rules: readonly Rule[], report: Report): void {
  for (const { rule, by } of shadowed(rules)) {
    if (rule.preset === undefined) {
      report.add(rule.pointer, `can never match, because ${namesOf(by)} covers all of it; move it up or remove it`);
      continue;
    }
    // A rule of the user's own that overrides a preset's is how presets are meant to be used; two presets cannot both be right.
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

/** Of globs it is decided only where it is plain: by the same text, `*`, or a shorter suffix. */
function isWider({ matcher: earlier, suffix }: Named, matcher: NameMatcher): boolean {
  if (matcher.kind === 'host') {
    return earlier.kind === 'host' ? earlier.host === matcher.host : earlier.matches(matcher.host);
  }
  if (earlier.kind === 'host') return false;
  if (earlier.glob === matcher.glob || earlier.glob === '*') return true;
  return suffix !== undefined && matcher.glob.length > suffix.length && matcher.glob.endsWith(suffix);
}

/** What a rule matches, in the dimensions address, port and protocol: from each first to each last. */
type Box = readonly (readonly [first: number, last: number])[];

/** Before all ports: that of a destination whose port is not known. */
const NO_PORT = 0;
const LAST_PORT = 65_535;
/** A destination has none, or one of the two. */
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

/** Names that overlap do so as a whole. */
const addressesOf = (matcher: Matcher): readonly [number, number] =>
  matcher.kind === 'range' ? [matcher.range.first, matcher.range.last] : [0, 0];

/** Whether `taken`, from one on, has all of `box`: what the first that meets it leaves over must be in the others. */
function isCovered(box: Box, taken: readonly Box[], from: number): boolean {
  for (let i = from; i < taken.length; i++) {
    const other = taken[i] as Box;
    if (box.some(([first, last], d) => last < (other[d]?.[0] ?? 0) || first > (other[d]?.[1] ?? 0))) continue;
    return leftOver(box, other).every((part) => isCovered(part, taken, i + 1));
  }
  return false;
}

/** `box` without `other`, in boxes: what is before and behind it in each dimension. */
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
