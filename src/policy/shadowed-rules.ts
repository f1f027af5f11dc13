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

/** A rule with its destinations, and its place among the others. */
interface Entry {
  readonly rule: Rule;
  readonly boxes: readonly Box[];
  readonly order: number;
}

/**
 * How much is compared for one policy, so that a long one takes at most a second longer to start. Rules after that are
 * not looked at. They work as any other.
 */
const MAX_BOX_COMPARISONS = 6_000_000;
/** To cut a box apart takes as long as so many comparisons. */
const PARTING = 8;
/** A glob is compiled before it is first compared. */
const MAX_GLOB_COMPARISONS = 10_000;

function* shadowed(rules: readonly Rule[]): Generator<Shadowed> {
  const earlier = new EarlierRules(rules);
  const work: Work = { left: MAX_BOX_COMPARISONS };
  for (const [order, rule] of rules.entries()) {
    const boxes = boxesOf(rule);
    const others = earlier.mayOverlap(rule);
    const count = others.reduce((sum, other) => sum + other.boxes.length, 0);
    if (!spend(work, count * boxes.length)) return;
    const by = others.filter((other) => other.boxes.some((taken) => boxes.some((box) => overlap(box, taken))));
    const taken = by.flatMap((other) => other.boxes);
    const isShadowed = by.length > 0 && boxes.every((box) => isCovered(box, taken, 0, work));
    if (isShadowed) yield { rule, by: by.map((other) => other.rule) };
    // What covers a rule that never matches covers also what that rule covers.
    if (!isShadowed || rule.preset !== undefined) earlier.add({ rule, boxes, order });
  }
}

/** How many comparisons are left. */
interface Work {
  left: number;
}

function spend(work: Work, count: number): boolean {
  if (work.left < count) return false;
  work.left -= count;
  return true;
}

/** Finds the earlier rules that may match a destination of a rule, without comparing each rule with each. */
class EarlierRules {
  /** Rules by ranges, in groups: ranges of two groups do not overlap. */
  readonly #groups: ReadonlyMap<Rule, Entry[]>;
  /** By host or glob, as written. */
  readonly #names = new Map<string, Entry[]>();
  /** Globs such as `*.example.org`, by `.example.org`. */
  readonly #suffixes = new Map<string, Entry[]>();
  readonly #complexGlobs: { readonly entry: Entry; readonly matcher: GlobMatcher }[] = [];
  readonly #globWork: Work = { left: MAX_GLOB_COMPARISONS };

  constructor(rules: readonly Rule[]) {
    this.#groups = groupsOf(rules);
  }

  add(entry: Entry): void {
    const { matcher } = entry.rule;
    if (matcher.kind === 'range') {
      this.#groups.get(entry.rule)?.push(entry);
      return;
    }
    append(this.#names, matcher.kind === 'host' ? matcher.host : matcher.glob, entry);
    if (matcher.kind === 'host' || matcher.glob === '*') return;
    const suffix = suffixOf(matcher.glob);
    if (suffix === undefined) this.#complexGlobs.push({ entry, matcher });
    else append(this.#suffixes, suffix, entry);
  }

  /** In order. Compares globs only in the simple cases: the same text, `*`, or a shorter suffix. */
  mayOverlap(rule: Rule): readonly Entry[] {
    const { matcher } = rule;
    if (matcher.kind === 'range') return this.#groups.get(rule) ?? [];
    const name = matcher.kind === 'host' ? matcher.host : matcher.glob;
    const found = new Set([...(this.#names.get(name) ?? []), ...(this.#names.get('*') ?? [])]);
    for (let dot = name.indexOf('.', 1); dot > 0; dot = name.indexOf('.', dot + 1)) {
      for (const entry of this.#suffixes.get(name.slice(dot)) ?? []) found.add(entry);
    }
    if (matcher.kind === 'host' && spend(this.#globWork, this.#complexGlobs.length)) {
      for (const other of this.#complexGlobs) if (other.matcher.matches(name)) found.add(other.entry);
    }
    return [...found].sort((a, b) => a.order - b.order);
  }
}

function append(lists: Map<string, Entry[]>, key: string, entry: Entry): void {
  const list = lists.get(key);
  if (list) list.push(entry);
  else lists.set(key, [entry]);
}

/** The rules by ranges → the list of its group, empty yet. */
function groupsOf(rules: readonly Rule[]): Map<Rule, Entry[]> {
  const ranges = rules.flatMap((rule) => (rule.matcher.kind === 'range' ? [{ rule, ...rule.matcher.range }] : []));
  const groups = new Map<Rule, Entry[]>();
  let group: Entry[] = [];
  let end = -1;
  for (const { rule, first, last } of ranges.sort((a, b) => a.first - b.first)) {
    if (first > end) group = [];
    end = Math.max(end, last);
    groups.set(rule, group);
  }
  return groups;
}

type GlobMatcher = Extract<Matcher, { kind: 'glob' }>;

/** The destinations of a rule as ranges in three dimensions: address, port and protocol. */
type Box = readonly [Span, Span, Span];
type Span = readonly [first: number, last: number];

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
const addressesOf = (matcher: Matcher): Span =>
  matcher.kind === 'range' ? [matcher.range.first, matcher.range.last] : [0, 0];

// By index: each rule of a group is compared with each, and taking boxes apart costs more than comparing them.
const overlap = (a: Box, b: Box): boolean => meet(a[0], b[0]) && meet(a[1], b[1]) && meet(a[2], b[2]);
const meet = (a: Span, b: Span): boolean => a[0] <= b[1] && b[0] <= a[1];

/**
 * Whether `taken`, from index `from` on, covers `box`. The other boxes must cover the parts that the first overlapping
 * box leaves over. Where too much is to be compared, the answer is no.
 */
function isCovered(box: Box, taken: readonly Box[], from: number, work: Work): boolean {
  for (let i = from; i < taken.length; i++) {
    if (!spend(work, 1)) return false;
    const other = taken[i] as Box;
    if (!overlap(box, other)) continue;
    if (!spend(work, PARTING)) return false;
    return leftOver(box, other).every((part) => isCovered(part, taken, i + 1, work));
  }
  return false;
}

/** `box` without `other`: the parts before and after `other` in each dimension. */
function leftOver(box: Box, other: Box): Box[] {
  const parts: Box[] = [];
  const rest: [Span, Span, Span] = [...box];
  for (const [d, [from, to]] of other.entries()) {
    const [first, last] = rest[d] as Span;
    if (first < from) parts.push(rest.with(d, [first, from - 1]) as Box & Span[]);
    if (last > to) parts.push(rest.with(d, [to + 1, last]) as Box & Span[]);
    rest[d] = [Math.max(first, from), Math.min(last, to)];
  }
  return parts;
}

function namesOf(rules: readonly Rule[]): string {
  const shown = rules.slice(0, 3).map((rule) => rule.result.name);
  return `${shown.join(', ')}${rules.length > shown.length ? ` and ${rules.length - shown.length} more` : ''}`;
}
