// What is compared to find rules that can never match is limited: a long policy must not delay the start by minutes.
import test from 'ava';
import { Report } from '../../../src/policy/problems.js';
import type { Matcher, Rule } from '../../../src/policy/rule.js';
import { reportShadowed } from '../../../src/policy/shadowed-rules.js';

const rule = (matcher: Matcher, index: number, ports?: Rule['ports']): Rule => ({
  matcher,
  ports,
  protocol: undefined,
  result: { target: { kind: 'refuse' }, name: `rules[${index}]` },
  pointer: `/rules/${index}`,
  preset: undefined,
});
/** The pointers of the rules that can never match. */
const shadowed = (matchers: readonly Matcher[]) => {
  const report = new Report(undefined);
  const rules = matchers.map((matcher, index) => rule(matcher, index));
  reportShadowed(rules, report);
  return rules.map(({ pointer }) => pointer).filter((pointer) => report.has(pointer));
};
const upTo = (last: number): Matcher => ({ kind: 'range', range: { first: 0, last } });
const glob = (text: string, matches: (host: string) => boolean = () => false): Matcher => ({
  kind: 'glob',
  glob: text,
  matches,
});
const host = (name: string): Matcher => ({ kind: 'host', host: name });

test('a complex glob is compared with hosts up to a limit, and then not at all', (t) => {
  let calls = 0;
  const count = (name: string) => {
    calls++;
    return name === 'h1.example.org';
  };
  const globs = Array.from({ length: 300 }, (_, i) => glob(`?${i}.example.org`, count));
  const hosts = Array.from({ length: 300 }, (_, i) => host(`h${i}.example.org`));
  t.deepEqual(shadowed([...globs, ...hosts]), ['/rules/301']);
  t.true(calls > 300 && calls <= 10_000, String(calls));
});

test('globs are not compared with each other, whatever their number', (t) => {
  const fail = () => t.fail();
  const globs = Array.from({ length: 60_000 }, (_, i) => glob(`*a*b${i}*`, fail as never));
  t.deepEqual(shadowed([...globs, glob('*a*b7*'), glob('*.example.org'), glob('x?.y.example.org')]), [
    '/rules/60000',
    '/rules/60002',
  ]);
});

test('the earlier rules are named in order, whether they match by text, by suffix or by pattern', (t) => {
  const report = new Report(undefined);
  const port = (first: number, last: number) => [{ first, last }];
  reportShadowed(
    [
      rule(
        glob('db?.example.org', () => true),
        0,
        port(0, 9),
      ),
      rule(glob('*.example.org'), 1, port(10, 99)),
      rule(host('db1.example.org'), 2, port(100, 65_535)),
      rule(host('db1.example.org'), 3),
    ],
    report,
  );
  const error = t.throws(() => report.throwIfFaulty());
  t.regex(String(error?.message), /rules\[3\].*because rules\[0\], rules\[1\], rules\[2\] covers all of it/);
});

test('ranges that overlap are compared up to a limit', (t) => {
  const wider = (count: number) => [...Array.from({ length: count }, (_, i) => upTo(i)), upTo(0)];
  t.deepEqual(shadowed(wider(1_000)), ['/rules/1000']);
  t.deepEqual(shadowed(wider(50_000)), []);
});
