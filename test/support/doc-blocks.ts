// The code blocks of README and docs/, and what the comment above each says of it:
//   <!-- run: KIND [dns64|plain] [second] [needs PROGRAM…] -->  it is run on a test host of that kind (host.sh)
//   <!-- file: NAME -->       it is a file, which the blocks that are run find in their folder
//   <!-- not run: REASON -->  it is not run, because …
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inRepository } from './paths.js';

export interface Block {
  readonly page: string;
  /** Of the fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  readonly marker: { readonly what: string; readonly words: string } | undefined;
}

/** Every page that a user reads. */
export const pages: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(inRepository('docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join('docs', name)),
];

export const textOf = (page: string): string => readFileSync(inRepository(page), 'utf8');

export function blocksOf(page: string): Block[] {
  const lines = textOf(page).split('\n');
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, indent = '', fence, language = ''] = /^( *)(```+)(\S*)/.exec(lines[i] ?? '') ?? [];
    if (fence === undefined) continue;
    const start = i;
    for (i++; i < lines.length && lines[i]?.trim() !== fence; ) i++;
    const text = lines.slice(start + 1, i).map((one) => one.slice(indent.length));
    blocks.push({ page, line: start + 1, language, text: `${text.join('\n')}\n`, marker: markerAbove(lines, start) });
  }
  return blocks;
}

/** A comment may take several lines, and an empty line may follow it. */
function markerAbove(lines: readonly string[], start: number): Block['marker'] {
  let end = start - 1;
  if (lines[end]?.trim() === '') end--;
  if (!lines[end]?.trim().endsWith('-->')) return undefined;
  let first = end;
  while (first > 0 && !lines[first]?.includes('<!--')) first--;
  const comment = lines.slice(first, end + 1).join(' ');
  const [, what, words] = /<!-- (run|file|not run): (.*?) *-->/.exec(comment) ?? [];
  return what === undefined || words === undefined ? undefined : { what, words };
}

/** The commands of a `console` block: each with the output that the page shows. */
export function commandsOf(text: string): { command: string; readonly output: string[] }[] {
  const commands: { command: string; readonly output: string[] }[] = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    if (line.startsWith('$ ')) commands.push({ command: line.slice(2), output: [] });
    else commands.at(-1)?.output.push(line);
  }
  return commands;
}

/** A pattern for what a page shows: `…` is anything in a line, a line of `…` alone any lines. */
export function patternOf(output: readonly string[]): RegExp {
  const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const lines = output.map((line) =>
    line.trim() === '…' ? '(?:.*\n)*?' : `${line.split('…').map(literally).join('.*')}\n`,
  );
  return new RegExp(`^${lines.join('')}$`);
}
