import { randomBytes } from 'node:crypto';
import { styleText } from 'node:util';
import { printable, printableJson } from '../report/printable';
import type { Definition } from './definition';
import { EXIT } from './exit-codes';
import { helpOf } from './help';

type Format = Parameters<typeof styleText>[0];

/** Where a command writes: the answer to `out`, everything else to `err`. Nothing that it is given steers the terminal. */
export interface Output {
  /** One line. */
  line(text?: string): void;
  /** A text of ours with several lines. */
  lines(text: string): void;
  json(value: unknown): void;
  /** The help text of a command. @returns the exit code */
  help(definition: Definition): number;
  /** To be given to `line` or `columns`. */
  paint(format: Format, text: string): string;
}

/** Stands for the escape character in what `paint` returns. Nobody can guess it: a name cannot bring a colour of its own. */
const ESCAPE = `<${randomBytes(12).toString('hex')}>`;
const CODE = new RegExp(`${ESCAPE}\\[\\d+m`, 'g');

/** Colours only on a terminal, and not where NO_COLOR says so. */
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
    // `validateStream` looks at one stream for the whole process: it has been looked at here.
    paint: (format, text) =>
      coloured ? styleText(format, printable(text), { validateStream: false }).replaceAll('\x1b', ESCAPE) : text,
  };
}

/** Rows as columns of equal width, the last one ragged. Colours take no width. */
export function columns(rows: readonly (readonly string[])[], indent = ''): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of cells) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(cell));
  return cells.map((row) =>
    (indent + row.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell))).join('  ')).trimEnd(),
  );
}

const widthOf = (cell: string): number => cell.replace(CODE, '').length;
