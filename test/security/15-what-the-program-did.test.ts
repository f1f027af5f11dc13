// Claim 15: what a program did, with names that somebody else chose, is told without steering a terminal or a browser.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import type { AuditRow, Site } from '../../src/cli/audit/entry.js';
import { auditPage } from '../../src/cli/audit/page.js';
import { runCli } from '../support/cli.js';
import { hostTest, runOnHost } from '../support/host.js';
import { inRepository } from '../support/paths.js';

const program = inRepository('test/security/fixtures/hostile-names.cjs');
/** All that steers; line ends of ours are taken out before. */
const STEERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const lines = (text: string) => text.split('\n');

/** The elements of a page and the attributes that run code. */
function markup(html: string) {
  // Quotation marks in a value are escaped: what is in them is no markup.
  const body = html.replace(/<(style|script)>.*?<\/\1>/gs, '').replace(/"[^"]*"/g, '""');
  return {
    tags: [...new Set([...body.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag.toLowerCase()))].sort(),
    handlers: [...body.matchAll(/<[^>]*\son[a-z]+\s*=[^>]*>/gi)].map(String),
  };
}

const HOSTILE = '"\'><img src=x onerror=alert(1)></td><script>1</script>\x1b[2J\u202e&';
const site = { file: `/${HOSTILE}`, line: 1, column: 1, functionName: HOSTILE, packageName: HOSTILE };
/** A row all of whose texts are the same: the program may write its report itself. */
const rowOf = (text: string, place: Site) => ({
  kind: text,
  protocol: text,
  site: place,
  caller: place,
  count: 1,
  outcomes: { [text]: 2 },
  targets: [
    {
      target: text,
      address: text,
      decision: text,
      became: text,
      why: text,
      ports: [80, text],
      count: 1,
      outcomes: { [text]: 2 },
    },
  ],
});
const pageOf = (text: string, place: Site) =>
  auditPage({
    version: 1,
    program: [text],
    name: text,
    programVersion: text,
    host: text,
    node: text,
    v6only: text,
    exitCode: 0,
    signal: undefined,
    processes: 1,
    notAudited: [{ program: text, why: text, count: 1 }],
    rows: [rowOf(text, place) as object as AuditRow],
  });

test('no text of a report becomes markup in the page', (t) => {
  const plain = { file: '/x', line: 1, column: 1, functionName: 'x', packageName: 'x' };
  const hostile = pageOf(HOSTILE, site);
  t.deepEqual(markup(hostile), markup(pageOf('x', plain)));
  t.false(lines(hostile).some((line: string) => STEERS.test(line)));
});

test('the page runs its own script and no other', (t) => {
  const html = pageOf(HOSTILE, site);
  const [, policy] = /Content-Security-Policy" content="([^"]+)"/.exec(html) ?? [];
  const hash = (element: string) => {
    const [, text] = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(html) ?? [];
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  };
  t.true(policy.startsWith("default-src 'none'"));
  t.true(policy.includes(`style-src ${hash('style')};`));
  t.true(policy.includes(`script-src ${hash('script')};`));
});

hostTest(test, ['v6'], 'the report on the terminal, as JSON and as a page', async (t, kind) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'v6only-hostile-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const page = path.join(folder, 'page.html');
  const { stdout, stderr } = await runCli(kind, ['audit', '--json', '--html', page, program]);
  const text = await runCli(kind, ['audit', program], { env: { FORCE_COLOR: '1' } });
  const { rows } = JSON.parse(stdout) as { rows: AuditRow[] };
  t.true(
    rows.some(({ targets }) => targets.some(({ target }) => target.includes('\x1b]0;owned'))),
    'the value itself is whole',
  );
  t.regex(text.stderr, /\\x1b\]0;owned/);
  const colours = stripVTControlCharacters(text.stderr);
  for (const output of [stdout, stderr, colours, readFileSync(page, 'utf8')]) {
    t.deepEqual(
      lines(output).filter((line: string) => STEERS.test(line)),
      [],
    );
  }
  t.false(text.stderr.includes('\x1b[31mFAKE') || text.stderr.includes('\x1b]'));
  t.notRegex(text.stderr, /^V6ONLY 1/m);
  t.deepEqual(markup(readFileSync(page, 'utf8')).handlers, []);
});

hostTest(test, ['v6', 'dual'], 'the lines of NODE_DEBUG=v6only', async (t, kind) => {
  const { stderr } = await runOnHost(kind, [program], { env: { NODE_DEBUG: 'v6only' } });
  const written = lines(stderr).filter(Boolean);
  t.regex(stderr, /\\x1b\]0;owned/);
  for (const line of written) t.regex(line, /^V6ONLY (?!1:)\d+: /);
  t.deepEqual(
    written.filter((line: string) => STEERS.test(line)),
    [],
  );
});
