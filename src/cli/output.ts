import { stripVTControlCharacters, styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Where a command writes: the answer to `out`, everything else to `err`. */
export interface Output {
  line(text?: string): void;
  json(value: unknown): void;
  paint(format: Format, text: string): string;
}

/** Colours only on a terminal, and not where NO_COLOR says so. */
export function outputTo(stream: NodeJS.WriteStream): Output {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  const coloured = FORCE_COLOR ? FORCE_COLOR !== '0' : stream.isTTY === true && !NO_COLOR && stream.hasColors();
  return {
    line: (text = '') => void stream.write(`${text}\n`),
    json: (value) => void stream.write(`${JSON.stringify(value, null, 2)}\n`),
    // `validateStream` looks at one stream for the whole process: it has been looked at here.
    paint: (format, text) => (coloured ? styleText(format, text, { validateStream: false }) : text),
  };
}

/** Rows as columns of equal width, the last one ragged. `width` measures a cell without its colours. */
export function columns(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(cell));
  return rows.map((row) =>
    (indent + row.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell))).join('  ')).trimEnd(),
  );
}

const widthOf = (cell: string): number => stripVTControlCharacters(cell).length;
