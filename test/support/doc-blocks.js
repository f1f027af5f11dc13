// The code blocks of README and docs/, and what the comment above each says of it:
//   <!-- run: KIND [dns64|plain] [second] -->  it is run on a test host of that kind (host.sh), with that name server
//   <!-- file: NAME -->                        it is a file, which the blocks that are run find in their folder
//   <!-- not run: REASON -->                   it is not run, because …
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every page that a user reads. */
export const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export const textOf = (page) => readFileSync(path.join(root, page), 'utf8');

/** `{ page, line, language, text, marker: { what, words } | undefined }` for each fenced block. */
export function blocksOf(page) {
  const lines = textOf(page).split('\n');
  const blocks = [];
  for (let i = 0; i < lines.length; i++) {
    const [, indent, fence, language] = /^( *)(```+)(\S*)/.exec(lines[i]) ?? [];
    if (fence === undefined) continue;
    const start = i;
    while (++i < lines.length && lines[i].trim() !== fence);
    const text = lines
      .slice(start + 1, i)
      .map((one) => one.slice(indent.length))
      .join('\n');
    blocks.push({ page, line: start + 1, language, text: `${text}\n`, marker: markerAbove(lines, start) });
  }
  return blocks;
}

/** A comment may take several lines, and an empty line may follow it. */
function markerAbove(lines, start) {
  let end = start - 1;
  if (lines[end]?.trim() === '') end--;
  if (!lines[end]?.trim().endsWith('-->')) return undefined;
  let first = end;
  while (first > 0 && !lines[first].includes('<!--')) first--;
  const comment = lines.slice(first, end + 1).join(' ');
  const [, what, words] = /<!-- (run|file|not run): (.*?) *-->/.exec(comment) ?? [];
  return what === undefined ? undefined : { what, words };
}

/** The commands of a `console` block: each with the output that the page shows. */
export function commandsOf({ text }) {
  const commands = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    if (line.startsWith('$ ')) commands.push({ command: line.slice(2), output: [] });
    else if (commands.length > 0 && commands.at(-1).command.endsWith('\\')) {
      commands.at(-1).command += `\n${line}`;
    } else commands.at(-1)?.output.push(line);
  }
  return commands;
}

/** A pattern for what a page shows: `…` is anything in a line, a line of `…` alone any lines. */
export function patternOf(output) {
  const literally = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const lines = output.map((line) => {
    return line.trim() === '…' ? '(?:.*\n)*?' : `${line.split('…').map(literally).join('.*')}\n`;
  });
  return new RegExp(`^${lines.join('')}$`);
}
