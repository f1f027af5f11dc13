import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { parse } from '../../src/cli/arguments.js';
import { columns, type Output, outputTo } from '../../src/cli/output.js';
import { embeddedIPv4 } from '../../src/install/embedded-ipv4.js';
import { explain } from '../../src/install/explain.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { withEnvironment } from '../../src/policy/environment.js';
import { printable, printableJson, printableLines } from '../../src/report/printable.js';

const STEERS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test('what steers a terminal is shown, the rest stays as it is', (t) => {
  t.is(printable('db.example.org → 64:ff9b::1'), 'db.example.org → 64:ff9b::1');
  t.is(printable('\x1b]0;x\x07\x1b[2J'), '\\x1b]0;x\\x07\\x1b[2J');
  t.is(printable('a\r\n\tb\0'), 'a\\r\\n\\tb\\x00');
  t.is(printable('\x7f\x9b2J\u2028'), '\\x7f\\x9b2J\\u{2028}');
  t.is(printable('a\u202egpj.exe\u2066\ufeff\ud800'), 'a\\u{202e}gpj.exe\\u{2066}\\u{feff}\\u{d800}');
  t.is(printableLines('ours\nof\x1b two'), 'ours\nof\\x1b two');
});

test('a value in the message of an error begins no line and does not control the terminal', (t) => {
  const value = '\x1b[2J\nv6only: all is well';
  const messages = [
    t.throws(() => withEnvironment(compilePolicy(), { V6ONLY_NAT64: value })),
    t.throws(() => withEnvironment(compilePolicy(), { V6ONLY: value })),
    t.throws(() => explain(value)),
    t.throws(() => embeddedIPv4(value)),
    t.throws(() => parse([`--${value}`], {})),
  ].map(({ message }) => message);
  t.deepEqual(
    messages.filter((message) => STEERS.test(message) || !message.includes('\\x1b[2J\\n')),
    [],
  );
});

test('property: nothing that steers gets through, and twice is the same as once', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = printable(text);
      return !STEERS.test(shown) && printable(shown) === shown;
    }),
  );
  t.pass();
});

test('property: JSON for a terminal has no such character and the same value', (t) => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
      const value = JSON.parse(json);
      const shown = printableJson(value);
      t.false(STEERS.test(shown.replaceAll('\n', '')));
      t.deepEqual(JSON.parse(shown), value);
    }),
  );
});

/** What a command writes to a terminal with colours. */
function written(t: ExecutionContext, use: (out: Output) => void) {
  const { FORCE_COLOR } = process.env;
  process.env.FORCE_COLOR = '1';
  t.teardown(() => {
    if (FORCE_COLOR === undefined) delete process.env.FORCE_COLOR;
    else process.env.FORCE_COLOR = FORCE_COLOR;
  });
  let text = '';
  const write = (chunk: string) => {
    text += chunk;
  };
  use(outputTo({ write } as unknown as NodeJS.WriteStream));
  return text;
}

test.serial('only colours of ours reach the terminal', (t) => {
  const hostile = '\x1b[31mred\x1b[39m\n';
  const text = written(t, (out) => {
    out.line(`${hostile} ${out.paint('green', hostile)}`);
    for (const line of columns([[hostile, out.paint('dim', hostile), 'end']])) out.line(out.paint('bold', line));
  });
  const shown = '\\x1b[31mred\\x1b[39m\\n';
  const [first, second, ...rest] = text.split('\n');
  t.is(first, `${shown} \x1b[32m${shown}\x1b[39m`);
  t.is(
    second.replaceAll('\x1b[22m', '').replaceAll('\x1b[1m', '').replaceAll('\x1b[2m', ''),
    `${shown}  ${shown}  end`,
  );
  t.deepEqual(rest, ['']);
});

test.serial('columns stand below each other whatever is in them', (t) => {
  const text = written(t, (out) => {
    for (const line of columns([
      ['\x1b', 'x'],
      [out.paint('red', 'four'), 'y'],
    ]))
      out.line(line);
  });
  t.is(text, '\\x1b  x\n\x1b[31mfour\x1b[39m  y\n');
});
