// What README and docs/ say is there: commands, options, files, pages. What they show being run: test/compliance/docs.test.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { DEFINITIONS } from '../../src/cli/definition.js';
import { blocksOf, commandsOf, pages, textOf } from '../support/doc-blocks.js';
import { inRepository } from '../support/paths.js';

const manifest = JSON.parse(textOf('package.json')) as { version: string; scripts: Record<string, string> };
/** Text alone: neither a command nor a file. */
const WITHOUT_MARKER = ['text'];
/** Found without being named. */
const POLICIES = ['v6only.config.json', '.v6onlyrc.json', 'package.json'];

/** `v6only NAME …` in code: a command line. */
const COMMAND_LINE = /(?:`|^|npx |\$ )v6only ([a-z0-9]+)\b([^`\n]*)/gm;

for (const page of pages) {
  test(`${page}: each command, program and file is run, or says why not`, (t) => {
    t.deepEqual([...faultsOfBlocks(page)], []);
  });
  test(`${page}: tables fit, and what it names is there`, (t) => {
    t.deepEqual([...faultsOfText(textOf(page))], []);
  });
}

function* faultsOfBlocks(page: string): Generator<string> {
  const blocks = blocksOf(page);
  const ran = blocks.filter(({ marker }) => marker?.what === 'run').map(({ text }) => text);
  for (const { line, language, marker, text } of blocks) {
    const where = `${page}:${line}`;
    if (language === '') yield `${where}: name the language of the block`;
    const isText = WITHOUT_MARKER.includes(language) && !/^\$ /m.test(text);
    if (!marker && !isText)
      yield `${where}: put <!-- run: KIND -->, <!-- file: NAME --> or <!-- not run: REASON --> above it`;
    if (marker?.what === 'not run' && marker.words.length < 10) yield `${where}: why is it not run?`;
    if (marker?.what === 'run' && language === 'console' && commandsOf(text).length === 0) yield `${where}: no command`;
    const isUsed = (name: string) =>
      POLICIES.includes(path.basename(name)) ? ran.length > 0 : ran.some((one) => one.includes(name));
    if (marker?.what === 'file' && !isUsed(marker.words)) yield `${where}: nothing that is run uses ${marker.words}`;
  }
  // A block that is not fenced would escape this test.
  if (/\n\n {4}\S/.test(textOf(page).replace(/^ *```.*?^ *```/gms, '')))
    yield `${page}: a block is indented, not fenced`;
}

function* faultsOfText(text: string): Generator<string> {
  for (const row of text.split('\n'))
    if (row.startsWith('|') && row.length > 120) yield `more than 120 columns: ${row}`;
  for (const [whole, name, rest] of text.matchAll(COMMAND_LINE)) {
    const definition = DEFINITIONS.find((one) => one.name === name);
    if (definition === undefined) {
      if (whole.startsWith('`') && name !== 'version') yield `no command: ${whole}`;
      continue;
    }
    // What follows the program is the program's.
    const [own = ''] = (rest ?? '').split(/ -- | [a-z][\w./-]* /);
    for (const [, flag] of own.matchAll(/ --([a-z0-9-]+)/g))
      if (!(flag in definition.flags)) yield `no option: ${whole}`;
  }
  for (const [whole, script] of text.matchAll(/npm run ([a-z:-]+)/g))
    if (!(script in manifest.scripts)) yield `no script: ${whole}`;
  for (const [file] of text.matchAll(/\b(?:src|samples|bench|test|scripts)\/[\w./-]+\.(?:js|mjs|ts|sh|json)\b/g)) {
    // Compiled under build/, or in TypeScript by now.
    if (![file, file.replace(/js$/, 'ts')].some((one) => existsSync(inRepository(one)))) yield `no file: ${file}`;
  }
}

test('a page shows commands as they are typed after an installation, or says once how', (t) => {
  for (const page of pages) {
    const text = textOf(page);
    const bare = /(?:`|^|\$ )v6only (?:run|explain|doctor|audit|check|simulate|dns64)\b/m.exec(text)?.[0];
    const isReference = ['CHANGELOG.md', 'SECURITY.md'].includes(page); // names commands, and shows none
    t.true(bare === undefined || isReference || text.includes('npx v6only'), `${page}: ${bare}`);
  }
});

test('README links to every page of docs/', (t) => {
  const readme = textOf('README.md');
  for (const page of pages.filter((name) => name.startsWith('docs/'))) t.true(readme.includes(`](${page})`), page);
});

test('the picture is in the pages that mean it, and is light and dark', (t) => {
  for (const page of ['README.md', 'docs/how-it-works.md']) {
    t.true(/!\[[^\]]{20,}\]\((docs\/)?connection\.svg\)/.test(textOf(page)), page);
  }
  t.true(textOf('docs/connection.svg').includes('prefers-color-scheme: dark'));
});

test('docs/cli.md has every finding of doctor', (t) => {
  const files = ['doctor.ts', ...readdirSync(inRepository('src/cli/doctor')).map((name) => `doctor/${name}`)];
  const sources = files.map((name) => readFileSync(inRepository(`src/cli/${name}`), 'utf8')).join('\n');
  const ids = [...sources.matchAll(/\b(?:fault|note)\(\s*'([a-z0-9-]+)'/g)].map(([, id]) => id);
  t.true(ids.length > 15);
  for (const id of ids) t.true(textOf('docs/cli.md').includes(`\`${id}\``), id);
});

test('the version of the package has an entry in the changelog', (t) => {
  t.true(textOf('CHANGELOG.md').includes(`\n## ${manifest.version}`), manifest.version);
});
