import { randomBytes } from 'node:crypto';
import { styleText } from 'node:util';
import { printable, printableJson } from '../report/printable';
import type { Definition } from './definition';
import { EXIT } from './exit-codes';
import { helpOf } from './help';

type Format = Parameters<typeof styleText>[0];

/**
 * The output of a command: the answer goes to `out`, everything else to `err`. All texts are escaped, so that none can
 * control the terminal.
 */
export interface Output {
  /** One line. */
  line(text?: string): void;
  /** A text of v6only with several lines. */
  lines(text: string): void;
  json(value: unknown): void;
  /** The help text of a command. @returns the exit code */
  help(definition: Definition): number;
  /** The result is for `line` or `columns`. */
  paint(format: Format, text: string): string;
}

/**
 * Replaces the escape character in the result of `paint`. It is random, so a foreign text cannot contain it and set a
 * colour.
 */
const ESCAPE = `<${randomBytes(12).toString('hex')}>`;
const CODE = new RegExp(`${ESCAPE}\\[\\d+m`, 'g');

/** Uses colours only on a terminal, and not if NO_COLOR is set. */
export function outputTo(stream: NodeJS.WriteStream): Output {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  const coloured = FORCE_COLOR ? FORCE_COLOR !== '0' : stream.isTTY === true && !NO_COLOR && stream.hasColors();
  const line = (text = '') => void stream.write(`${printable(text).replaceAll(ESCAPE, '\x1b')}\n`);
  return {
    line,
    lines: (text) => {
      for (const one of text.split('\n')) line(one);
    },
    json: (value) => void stream.write(`${printableJson(value)}\n`),
    help: (definition) => {
      for (const one of helpOf(definition).split('\n')) line(one);
      return EXIT.ok;
    },
    // `validateStream` would check one stream for the whole process. The check above is per stream.
    paint: (format, text) =>
      coloured ? styleText(format, printable(text), { validateStream: false }).replaceAll('\x1b', ESCAPE) : text,
  };
}

/** Formats rows as columns of equal width, except the last one. Colours do not count as width. */
export function columns(rows: readonly (readonly string[])[], indent = ''): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of cells) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(cell));
  return cells.map((row) =>
    (indent + row.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell))).join('  ')).trimEnd(),
  );
}

const widthOf = (cell: string): number => cell.replace(CODE, '').length;
