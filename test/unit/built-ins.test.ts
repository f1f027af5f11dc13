// The build's transform (scripts/built-ins): the code means the same, and uses what was taken instead of what is there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { transformSync } from 'esbuild';
import ts from 'typescript';
import { Transform } from '../../scripts/built-ins/transform.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'v6only-built-ins-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const require = createRequire(import.meta.url);

const OPTIONS: ts.CompilerOptions = { target: ts.ScriptTarget.ES2023, strict: true, types: [] };
const host = ts.createCompilerHost(OPTIONS);
const { getSourceFile } = host;
/** The types of the language are read once, not for each program. */
const libraries = new Map<string, ts.SourceFile | undefined>();
host.getSourceFile = (name, ...rest) => {
  if (name.startsWith(folder)) return getSourceFile(name, ...rest);
  if (!libraries.has(name)) libraries.set(name, getSourceFile(name, ...rest));
  return libraries.get(name);
};

/** Transforms the body of an async function that returns something. */
function transformed(body: string) {
  const file = path.join(folder, `${Math.random()}.ts`);
  const plain = `export async function run(): Promise<unknown> {\n${body}\n}\n`;
  writeFileSync(file, plain);
  const program = ts.createProgram([file], OPTIONS, host);
  const transform = new Transform();
  const text = transform.apply(program, file);
  const runtime = path.join(folder, `${Math.random()}.cjs`);
  writeFileSync(runtime, transform.taken.runtime());
  const taken: unknown = require(runtime);
  const load = (source: string): (() => Promise<unknown>) => {
    const { code } = transformSync(source, { loader: 'ts', format: 'cjs', target: 'node20' });
    const exports: { run?: () => Promise<unknown> } = {};
    const module = { exports };
    new Function('module', 'exports', '__b', code)(module, exports, taken);
    if (module.exports.run === undefined) throw new Error('it exports nothing to run');
    return module.exports.run;
  };
  return { text, faults: transform.faults, runPlain: load(plain), run: load(text) };
}

const SAME = {
  'methods of arrays, strings and maps': `
    const map = new Map<string, number[]>([['a', [1, 2]], ['b', []]]);
    map.get('a')?.push(3);
    return [...map].map(([key, list]) => key.toUpperCase() + list.join('-')).filter((one) => one.length > 0);`,
  'for … of with continue, break and a label': `
    const seen: number[] = [];
    outer: for (const list of [[1, 2, 3], [4], [5, 6]]) {
      for (const one of list) { if (one === 2) continue; if (one === 5) break outer; seen.push(one); }
    }
    for (const one of new Set([7, 8])) { seen.push(one); if (one === 7) break; }
    return seen;`,
  'each round of a loop has a variable of its own': `
    const made: (() => number)[] = [];
    for (const one of [1, 2, 3]) made.push(() => one);
    return made.map((make) => make());`,
  'generators end when they are left': `
    const log: string[] = [];
    function* some() { try { yield 1; yield* [2, 3]; } finally { log.push('ended'); } }
    for (const one of some()) { log.push(String(one)); if (one === 2) break; }
    return log;`,
  'patterns with holes, defaults and a rest': `
    const [, b = 9, c = 8] = [1, 2];
    const [first, ...rest] = 'abc';
    const pairs: [string, number][] = [['x', 1]];
    return [b, c, first, rest, pairs.map(([name, value]) => ({ name, value }))];`,
  'what the dots of an optional call stand for': `
    const none = undefined as { list: string[]; at: number } | undefined;
    const some = { list: ['p', 'q'], at: 1 } as typeof none;
    return [none?.list.slice(none.at), some?.list.slice(some.at), 'a,b'.split(',')?.[1]];`,
  'regular expressions': `
    return ['a1b22'.replace(/\\d+/g, (all) => '<' + all + '>'), 'a1b2'.replace(/(\\d)/, '[$1]'), 'a b  c'.split(/\\s+/),
      /b/.test('abc'), /(b)(c)/.exec('abc')?.[2], [...'x1y2'.matchAll(/\\d/g)].map((one) => one[0])];`,
  'regular expressions that split, and all matches, the empty ones too': `
    const texts = ['', 'a', 'a1b22c', '1', '1a1', '\\u{1f600}x\\u{1f600}'];
    return texts.flatMap((text) => [text.split(/\\d/), text.split(/(\\d)+/), text.split(/(?:)/u), text.split(/x*/), text.split(/\\d/, 2),
      text.split(/^/), text.split(/$/), text.split(/\\d/, 0), [...text.matchAll(/\\d*/g)].map((one) => [one.index, one[0]]),
      [...text.matchAll(/(?:)/gu)].map((one) => one.index)]);`,
  'promises and what async functions return': `
    const late = async (value: number) => { await null; return Promise.resolve(value); };
    const failed = (async () => { throw new Error('no'); })();
    let ended = 0;
    const caught = await failed.catch((error: Error) => error.message).finally(() => { ended++; });
    const settled = await Promise.allSettled([late(1), Promise.reject(new Error('x'))]);
    return [await Promise.all([late(1), 2]), await late(3).then((one) => late(one + 1)), await Promise.race([late(5)]), caught,
      ended, settled.map((one) => one.status)];`,
  'typed arrays, statics and spread arguments': `
    const octets = Uint8Array.from([1, 2, 3]);
    const { length } = octets.subarray(1);
    return [length, Math.max(...octets), Array.from({ length: 2 }, (_, i) => i), Object.entries({ a: 1 }), Number.parseInt('7', 10),
      Object.fromEntries([['k', 1]]), new Uint8Array([9])[0]];`,
};

for (const [title, body] of Object.entries(SAME)) {
  test(`the same: ${title}`, async (t) => {
    const { text, faults, run, runPlain } = transformed(body);
    t.deepEqual(faults, []);
    t.deepEqual(await run(), await runPlain());
    t.regex(text, /__b\./);
  });
}

test('nothing that is replaced later is called', async (t) => {
  const { text, run } = transformed(SAME['methods of arrays, strings and maps']);
  t.notRegex(text, /\.(map|filter|get|push|join|toUpperCase)\(|new Map/);
  const { map } = Array.prototype;
  const { get } = Map.prototype;
  const iterator = Array.prototype[Symbol.iterator];
  const replaced = () => {
    throw new Error('called');
  };
  Array.prototype.map = replaced;
  Map.prototype.get = replaced;
  Array.prototype[Symbol.iterator] = replaced;
  let result: Promise<unknown> | undefined;
  try {
    result = run();
  } finally {
    Array.prototype.map = map;
    Map.prototype.get = get;
    Array.prototype[Symbol.iterator] = iterator;
  }
  t.deepEqual(await result, ['A1-2-3', 'B']);
});

test('what cannot be made safe is a fault of the build, with its line', (t) => {
  const { faults } = transformed(`
    const text = undefined as string | undefined;
    return text?.split(',')[0];`);
  t.is(faults.length, 1);
  t.regex(faults[0], /\.ts:4: an optional chain goes on/);
});
