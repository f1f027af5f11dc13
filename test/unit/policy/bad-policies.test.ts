import test from 'ava';
import { compilePolicy } from '../../../src/policy/compile.js';
import { parsePolicy } from '../../../src/policy/load.js';
import { PolicyError, type PolicyProblem } from '../../../src/policy/problems.js';
import { FAULTS } from './_faults.js';

const FILE = '/srv/app/v6only.config.json';

/** The faults of a policy text, each as `line:column path message`. */
function faults(text: string, file = FILE): readonly PolicyProblem[] {
  try {
    parsePolicy({ file, text });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return error.problems;
  }
  return [];
}

for (const [name, text, place, path, message, suggestion] of FAULTS) {
  test(`told with file, line and column: ${name}`, (t) => {
    const found = faults(text);
    t.is(found.length, 1, JSON.stringify(found));
    const [problem] = found;
    t.is(problem.file, FILE);
    t.is(`${problem.line}:${problem.column}`, place);
    t.is(problem.path, path);
    t.regex(`${problem.message} ${problem.allowed ?? ''}`, message);
    t.is(problem.suggestion, suggestion);
  });
}

test('all faults are told at once, in the order of the file', (t) => {
  const text = `{
  "mod": "auto",
  "nat64": ["64:ff9b::/95", 5],
  "rules": [
    { "match": "10.0.0.1/8", "to": "nowhere", "port": [0, "x"] },
    { "matches": "10.0.0.0/8", "to": "direct" }
  ],
  "pool": "x"
}`;
  t.deepEqual(
    faults(text).map(({ line, path }) => `${line} ${path}`),
    [
      '2 mod',
      '3 nat64[0]',
      '3 nat64[1]',
      '5 rules[0].match',
      '5 rules[0].to',
      '5 rules[0].port[0]',
      '5 rules[0].port[1]',
      '6 rules[1].matches',
      '8 pool',
    ],
  );
});

test('a rule with a faulty port is not said to cover others', (t) => {
  for (const port of ['"9-1"', '0', '[80, 0]']) {
    const first = `{"match":"10.0.0.0/8","port":${port},"to":"refuse"}`;
    const found = faults(`{"rules":[${first},{"match":"10.1.1.1","port":80,"to":"refuse"}]}`);
    t.is(found.length, 1, JSON.stringify(found));
  }
});

test('an object in the wrong place is named as it is written', (t) => {
  t.regex(faults('{"rules":{"match":"10.0.0.1"}}')[0]?.message ?? '', /^\{ match: '10\.0\.0\.1' \} is not allowed/);
});

test('the message names each fault on a line of its own, with what is allowed', (t) => {
  const error = t.throws<PolicyError>(() => parsePolicy({ file: FILE, text: '{"mod": 1,\n"children": 2}' }));
  t.is(error.code, 'V6ONLY_INVALID_POLICY');
  const lines = error.message.split('\n');
  t.regex(lines[0], /v6only\.config\.json has 2 faults/);
  t.regex(lines[1], /config\.json:1:2 mod: unknown key\. Did you mean "mode"\? Allowed: mode, nat64/);
  t.regex(lines[2], /config\.json:2:13 children: 2 is not allowed\. Allowed: true or false/);
});

test('a policy given as an object has paths and no places', (t) => {
  const wrong = { mode: 'x', rules: [{ match: 'x y', to: 'direct' }] } as object;
  const error = t.throws<PolicyError>(() => compilePolicy(wrong));
  t.deepEqual(
    error.problems.map(({ path, line, file }) => [path, line, file]),
    [
      ['mode', undefined, undefined],
      ['rules[0].match', undefined, undefined],
    ],
  );
});

for (const [name, input] of [
  ['a bigint', { mode: 10n }],
  ['a cycle', Object.assign({}, { mode: globalThis })],
  ['a function', { rules: () => {} }],
  ['a symbol', { pool: Symbol('x') }],
  ['NaN', { dns64: { timeoutMs: Number.NaN } }],
  ['a number', 5],
  ['null', null],
  ['a text', 'auto'],
]) {
  test(`enable() given ${name} gets a V6OnlyError, not a crash`, (t) => {
    t.throws(() => compilePolicy(input as object), { code: 'V6ONLY_INVALID_POLICY' });
  });
}

test('places in a package.json are those of the file', (t) => {
  const text = '{\n  "name": "app",\n  "v6only": {\n    "mod": 1\n  }\n}';
  const [problem] = faults(text, '/srv/app/package.json');
  t.is(`${problem.line}:${problem.column} ${problem.path}`, '4:5 mod');
});
