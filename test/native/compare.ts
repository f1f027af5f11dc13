import { ACCEPTED } from './accepted.js';
import type { Case } from './cases.js';
import type { Event, Outcome } from './outcome.js';
import type { Json } from './values.js';

/** The kinds of host that the hook is compared on. */
export type Host = 'dual' | 'v6';

/** A case whose outcome differs, both outcomes as JSON, and why it may differ, if it may. */
export interface Difference {
  readonly one: Case;
  readonly native: string;
  readonly hooked: string;
  readonly reason: string | undefined;
}

/** The cases whose outcome differs on a host of that kind. */
export function compare(
  kind: Host,
  cases: readonly Case[],
  native: readonly Outcome[],
  hooked: readonly Outcome[],
): Difference[] {
  return cases.flatMap((one, i) => {
    const before = JSON.stringify(native[i]);
    const after = JSON.stringify(kind === 'dual' ? hooked[i] : withoutCauses(hooked[i] as Outcome));
    if (before === after) return [];
    return [{ one, native: before, hooked: after, reason: reasonFor(kind, one, before, after) }];
  });
}

/** Where IPv4 is not served an error of ours says why: that much more is meant. */
function withoutCauses(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutCauses);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => key !== 'cause' || !String(inner).startsWith('V6ONLY_'))
      .map(([key, inner]) => [key, withoutCauses(inner)]),
  );
}

function reasonFor(kind: Host, one: Case, native: string, hooked: string): string | undefined {
  const text = JSON.stringify(one);
  const [before, after] = firstDifference(native, hooked).map((event) => JSON.stringify(event ?? 'nothing')) as [
    string,
    string,
  ];
  return ACCEPTED.find(
    (entry) =>
      entry.host.includes(kind) &&
      entry.api.includes(one.api) &&
      entry.case.test(text) &&
      entry.native.test(before) &&
      entry.hooked.test(after),
  )?.reason;
}

/** The first event that differs, of both; undefined on the side where there is none, and the next one is the other's again. */
function firstDifference(native: string, hooked: string): [Event | undefined, Event | undefined] {
  const [before, after] = [JSON.parse(native) as Outcome, JSON.parse(hooked) as Outcome];
  const isSame = (i: number, j: number) => JSON.stringify(before[i]) === JSON.stringify(after[j]);
  let at = 0;
  while (at < before.length && isSame(at, at)) at++;
  if (isSame(at, at + Math.max(messagesAt(after, at), 1))) return [undefined, after[at]];
  return [before[at], isSame(at + 1, at) ? undefined : after[at]];
}

/** How many datagrams come in one after the other: a group may have several members. */
function messagesAt(events: Outcome, at: number): number {
  const rest = events.slice(at);
  const end = rest.findIndex(([name]) => name !== 'message');
  return end < 0 ? rest.length : end;
}

/** Differences by kind, the most frequent first. */
export function summary(
  found: readonly Difference[],
  { show, all }: { show: number; all: boolean },
): { text: string; unexplained: number } {
  const kinds = new Map<string, Difference[]>();
  for (const difference of found) {
    const key = difference.reason ?? `${difference.one.api}: ${signature(difference)}`;
    kinds.set(key, [...(kinds.get(key) ?? []), difference]);
  }
  const lines: string[] = [];
  for (const [key, list] of [...kinds].sort(([, a], [, b]) => b.length - a.length)) {
    const isFault = list.some(({ reason }) => reason === undefined);
    lines.push(`  ${isFault ? '✘' : '·'} ${list.length} × ${key}`);
    if (!isFault && !all) continue;
    for (const { one, native, hooked } of list.toSorted((a, b) => length(a) - length(b)).slice(0, show))
      lines.push(`      ${JSON.stringify(one)}\n        native ${native}\n        hooked ${hooked}`);
  }
  return { text: lines.join('\n'), unexplained: found.filter(({ reason }) => reason === undefined).length };
}

const length = ({ one }: Difference) => JSON.stringify(one).length;

/** The first event that differs, without its addresses and numbers. */
function signature({ native, hooked }: Difference): string {
  return firstDifference(native, hooked).map(shape).join(' → ');
}

function shape(event: Event | undefined): string {
  if (event === undefined) return 'nothing';
  const [name, ...args] = event;
  return [name, ...args.map(shapeOf)].join(' ');
}

function shapeOf(value: Json): string {
  if (Array.isArray(value)) return 'list';
  if (typeof value !== 'object' || value === null) return typeof value;
  return String(value.code ?? value.error ?? 'object');
}
