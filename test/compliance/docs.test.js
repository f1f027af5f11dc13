// What README and docs/ show is what happens: see test/support/doc-blocks.js.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { blocksOf, commandsOf, pages, patternOf, root } from '../support/doc-blocks.js';
import { control, hostTest, nodeUnderTest, nodeUnderTestMajor, runOnHost } from '../support/host.js';

/** What the pages call the folder that a program is in. */
const FOLDER = '/srv/app';
const SEPARATOR = '\x1e';

// What a page shows is of Node.js 24 on a host; how a control run would differ says nothing of it.
const isShown = nodeUnderTestMajor === 24 && !control;
if (!isShown) test.skip('what README and docs/ show is of Node.js 24, with the hook', () => {});
for (const page of isShown ? pages : []) {
  const blocks = blocksOf(page);
  const files = blocks.filter(({ marker }) => marker?.what === 'file');
  const runs = Map.groupBy(
    blocks.filter(({ marker }) => marker?.what === 'run'),
    ({ marker }) => marker.words,
  );
  for (const [words, group] of runs) {
    const [how, needed = ''] = words.split(/ needs /);
    const [kind, ...more] = how.split(' ');
    const missing = needed.split(' ').filter((name) => name !== '' && !isInstalled(name));
    const declare = missing.length > 0 && process.env.CI !== 'true' ? skipped(missing) : hostTest;
    declare(test, [kind], `${page} shows what happens (${words})`, async (t) => {
      const folder = prepare(files);
      try {
        const parts = group.flatMap(partsOf);
        writeFileSync(path.join(folder, 'script.sh'), parts.map(({ command }) => scriptOf(command)).join('\n'));
        const { stdout, stderr } = await runOnHost(kind, [], {
          hook: false,
          second: more.includes('second'),
          dns: more.find((word) => word !== 'second'),
          command: ['sh', '-c', `cd "${folder}/app" && exec sh ../script.sh`],
          env: {
            PATH: `${folder}/bin:${process.env.PATH}:/usr/sbin:/sbin`,
            HOME: folder,
            V6ONLY_NAT64: undefined,
            NO_COLOR: '1',
          },
          timeoutMs: 60_000,
        });
        const outputs = stdout.split(SEPARATOR).slice(1);
        t.is(outputs.length, parts.length, stderr);
        for (const [i, { line, command, check }] of parts.entries()) {
          const { 1: code, 2: said } = /^(\d+)\n(.*)$/s.exec(outputs[i]) ?? [];
          const output = said
            .replaceAll(`${folder}/app`, FOLDER)
            .replaceAll(root.replace(/\/$/, ''), '/srv/app/node_modules/v6only');
          check(t, output, Number(code), `${page}:${line}: ${command}`);
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
}

function isInstalled(name) {
  return ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].some((at) => existsSync(path.join(at, name)));
}

function skipped(missing) {
  return (_, kinds, title) => test.skip(`${title} [${kinds}] needs ${missing}`, () => {});
}

/** A folder with the files of the page, and the package installed in it. */
function prepare(files) {
  const folder = mkdtempSync(path.join(tmpdir(), 'v6only-docs-'));
  for (const name of ['bin', 'app/node_modules']) mkdirSync(path.join(folder, name), { recursive: true });
  symlinkSync(root, path.join(folder, 'app/node_modules/v6only'));
  cpSync(path.join(root, 'samples'), path.join(folder, 'app/samples'), { recursive: true });
  symlinkSync(nodeUnderTest, path.join(folder, 'bin/node'));
  symlinkSync(path.join(root, 'dist/cli.js'), path.join(folder, 'bin/v6only'));
  // npx asks more than a test should wait for.
  writeFileSync(path.join(folder, 'bin/npx'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  for (const { marker, text } of files) {
    const file = path.join(folder, 'app', marker.words);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  if (!existsSync(path.join(folder, 'app/package.json'))) writeFileSync(path.join(folder, 'app/package.json'), '{}\n');
  return folder;
}

/** Runs a command and says how it ended, then what it wrote. A command that sets a variable sets it for the next ones. */
const scriptOf = (command) => `
{ ${command}
} > ../output 2>&1 < /dev/null
printf '${SEPARATOR}%s\\n' "$?"
cat ../output`;

/** What of a block is run, and how what came of it is judged. */
function partsOf({ language, text, line, ...block }) {
  if (language === 'console') {
    return commandsOf({ text, ...block }).map(({ command, output }) => ({
      line,
      command,
      check: (t, said, _code, what) => t.regex(said, patternOf(output), what),
    }));
  }
  const check = (t, said, code, what) => t.is(code, 0, `${what}\n${said}`);
  if (language === 'sh') return [{ line, command: text.trimEnd(), check }];
  // A program: what it prints stands beside it, after an arrow.
  const shown = [...text.matchAll(/\/\/ → (.*)$/gm)].map(([, output]) => output);
  return [
    {
      line,
      command: `cat > block-${line}.mjs <<'END'\n${text}END\nnode block-${line}.mjs`,
      check: (t, said, code, what) => {
        check(t, said, code, what);
        if (shown.length > 0) t.regex(said, patternOf(shown), what);
      },
    },
  ];
}
