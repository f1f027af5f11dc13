// What README and docs/ show is what happens: see test/support/doc-blocks.ts.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Block, blocksOf, commandsOf, pages, patternOf } from '../support/doc-blocks.js';
import { control, hostTest, type Kind, nodeUnderTest, nodeUnderTestMajor, runOnHost } from '../support/host.js';
import { compiled, inRepository, REPOSITORY } from '../support/paths.js';

/** What the pages call the folder that a program is in. */
const FOLDER = '/srv/app';
const SEPARATOR = '\x1e';

/** A command, and how what it said is judged. */
interface Part {
  readonly command: string;
  readonly line: number;
  readonly check: (t: ExecutionContext, said: string, code: number, what: string) => void;
}

// What a page shows is of Node.js 24, with the hook.
let queue = Promise.resolve();
const isShown = nodeUnderTestMajor === 24 && !control;
if (!isShown) test.skip('what README and docs/ show is of Node.js 24, with the hook', () => {});
for (const page of isShown ? pages : []) {
  const blocks = blocksOf(page);
  const files = blocks.filter(({ marker }) => marker?.what === 'file');
  const ran = blocks.filter(({ marker }) => marker?.what === 'run');
  for (const words of new Set(ran.map(({ marker }) => marker?.words ?? ''))) {
    const [how = '', needed = ''] = words.split(/ needs /);
    const missing = needed.split(' ').filter((name) => name !== '' && !isInstalled(name));
    const title = `${page} shows what happens (${words})`;
    if (missing.length > 0 && process.env.CI !== 'true') {
      test.skip(`${title} needs ${missing.join(', ')}`, () => {});
      continue;
    }
    const [kind = '', ...more] = how.split(' ');
    const parts = ran.filter(({ marker }) => marker?.words === words).flatMap(partsOf);
    hostTest(test, [kind as Kind], title, (t) => {
      t.timeout(300_000);
      // One host after the other: a machine has few cores.
      const run = queue.then(() => runParts(t, kind as Kind, more, files, parts));
      queue = run.catch(() => {});
      return run;
    });
  }
}

async function runParts(
  t: ExecutionContext,
  kind: Kind,
  words: readonly string[],
  files: readonly Block[],
  parts: readonly Part[],
): Promise<void> {
  const folder = prepare(files);
  try {
    const second = words.includes('second');
    const script = [...(second ? [untilBeyondIsUp(kind)] : []), ...parts.map(({ command }) => scriptOf(command))];
    writeFileSync(path.join(folder, 'script.sh'), script.join('\n'));
    const { stdout, stderr } = await runOnHost(kind, [], {
      hook: false,
      second,
      dns: words.find((word) => word !== 'second'),
      command: ['sh', '-c', `cd "${folder}/app" && exec sh ../script.sh`],
      env: {
        PATH: `${folder}/bin:${process.env.PATH}:/usr/sbin:/sbin`,
        HOME: folder,
        V6ONLY_NAT64: undefined,
        NO_COLOR: '1',
      },
      timeoutMs: 110_000,
    });
    const outputs = stdout.split(SEPARATOR).slice(1);
    t.is(outputs.length, parts.length, stderr);
    for (const [i, { line, command, check }] of parts.entries()) {
      const [, code, said = ''] = /^(\d+)\n(.*)$/s.exec(outputs[i] ?? '') ?? [];
      const output = said
        .replaceAll(`${folder}/app`, FOLDER)
        .replaceAll(REPOSITORY, path.join(FOLDER, 'node_modules/v6only'));
      check(t, output, Number(code), `line ${line}: ${command}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isInstalled(name: string): boolean {
  return ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].some((at) => existsSync(path.join(at, name)));
}

/** A folder with the files of the page, and the package installed in it. */
function prepare(files: readonly Block[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'v6only-docs-'));
  for (const name of ['bin', 'app/node_modules']) mkdirSync(path.join(folder, name), { recursive: true });
  symlinkSync(REPOSITORY, path.join(folder, 'app/node_modules/v6only'));
  cpSync(inRepository('samples'), path.join(folder, 'app/samples'), { recursive: true });
  symlinkSync(nodeUnderTest, path.join(folder, 'bin/node'));
  symlinkSync(inRepository('dist/cli.js'), path.join(folder, 'bin/v6only'));
  // npx asks more than a test should wait for.
  writeFileSync(path.join(folder, 'bin/npx'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  writeFileSync(path.join(folder, 'app/package.json'), '{}\n');
  for (const { marker, text } of files) {
    const file = path.join(folder, 'app', marker?.words ?? '');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

/** The second host starts together with this one. */
const untilBeyondIsUp = (kind: Kind) =>
  `node --input-type=module -e "import { beyondIsUp } from '${compiled('test/support/beyond.js')}'; await beyondIsUp('${kind}')" < /dev/null`;

/** Runs a command and says how it ended, then what it wrote. A command that sets a variable sets it for the next ones. */
const scriptOf = (command: string): string => `
{ ${command}
} > ../output 2>&1 < /dev/null
printf '${SEPARATOR}%s\\n' "$?"
cat ../output`;

function partsOf({ language, text, line }: Block): Part[] {
  const shows =
    (output: readonly string[]): Part['check'] =>
    (t, said, _code, what) =>
      t.regex(said, patternOf(output), what);
  if (language === 'console') {
    return commandsOf(text).map(({ command, output }) => ({ line, command, check: shows(output) }));
  }
  const succeeds: Part['check'] = (t, said, code, what) => t.is(code, 0, `${what}\n${said}`);
  if (language === 'sh') return [{ line, command: text.trimEnd(), check: succeeds }];
  // A program: what it prints stands beside it, after an arrow.
  const shown = [...text.matchAll(/\/\/ → (.*)$/gm)].map(([, output = '']) => output);
  const command = `cat > block-${line}.mjs <<'END'\n${text}END\nnode block-${line}.mjs`;
  return [{ line, command, check: shown.length > 0 ? shows(shown) : succeeds }];
}
