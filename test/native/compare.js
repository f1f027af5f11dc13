import { readFileSync } from 'node:fs';

/**
 * Differences that are meant: see the reasons there. `case` is looked for in the case, `native` and `hooked` in the first
 * event that differs; all three are regular expressions.
 */
const ACCEPTED = JSON.parse(readFileSync(new URL('accepted.json', import.meta.url), 'utf8')).map((entry) => ({
  ...entry,
  pattern: Object.fromEntries(['case', 'native', 'hooked'].map((key) => [key, new RegExp(entry[key])])),
}));

/** The cases whose outcome differs on a host of that kind: `{ one, native, hooked, reason }`. */
export function compare(kind, cases, native, hooked) {
  return cases.flatMap((one, i) => {
    const before = JSON.stringify(native[i]);
    const after = JSON.stringify(kind === 'dual' ? hooked[i] : withoutCauses(hooked[i]));
    if (before === after) return [];
    return [{ one, native: before, hooked: after, reason: reasonFor(kind, one, before, after) }];
  });
}

/** Where IPv4 is not served an error of ours says why: that much more is meant. */
function withoutCauses(value) {
  if (Array.isArray(value)) return value.map(withoutCauses);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => key !== 'cause' || !String(inner).startsWith('V6ONLY_'))
      .map(([key, inner]) => [key, withoutCauses(inner)]),
  );
}

function reasonFor(kind, one, native, hooked) {
  const text = JSON.stringify(one);
  const [before, after] = firstDifference(native, hooked).map((event) => JSON.stringify(event ?? 'nothing'));
  return ACCEPTED.find(
    ({ host, api, pattern }) =>
      host.includes(kind) &&
      api.includes(one.api) &&
      pattern.case.test(text) &&
      pattern.native.test(before) &&
      pattern.hooked.test(after),
  )?.reason;
}

/** The first event that differs, of both; undefined where there are no more. */
function firstDifference(native, hooked) {
  const [before, after] = [JSON.parse(native), JSON.parse(hooked)];
  const at = before.findIndex((event, i) => JSON.stringify(event) !== JSON.stringify(after[i]));
  return at < 0 ? [undefined, after[before.length]] : [before[at], after[at]];
}

/** Differences by kind, the most frequent first. */
export function summary(found, { show, all }) {
  const kinds = new Map();
  for (const difference of found) {
    const key = difference.reason ?? `${difference.one.api}: ${signature(difference)}`;
    kinds.set(key, [...(kinds.get(key) ?? []), difference]);
  }
  const lines = [];
  for (const [key, list] of [...kinds].sort(([, a], [, b]) => b.length - a.length)) {
    const isFault = list[0].reason === undefined;
    lines.push(`  ${isFault ? '✘' : '·'} ${list.length} × ${key}`);
    if (!isFault && !all) continue;
    for (const { one, native, hooked } of list.toSorted((a, b) => length(a) - length(b)).slice(0, show))
      lines.push(`      ${JSON.stringify(one)}\n        native ${native}\n        hooked ${hooked}`);
  }
  return { text: lines.join('\n'), unexplained: found.filter(({ reason }) => reason === undefined).length };
}

const length = ({ one }) => JSON.stringify(one).length;

/** The first event that differs, without its addresses and numbers. */
function signature({ native, hooked }) {
  return firstDifference(native, hooked).map(shape).join(' → ');
}

function shape(event) {
  if (event === undefined) return 'nothing';
  const [name, ...args] = event;
  return [
    name,
    ...args.map((value) => value?.code ?? value?.error ?? (Array.isArray(value) ? 'list' : typeof value)),
  ].join(' ');
}
