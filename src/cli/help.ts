import { DEFINITIONS, type Definition, EXIT_CODES, type Flag } from './definition';

const WIDTH = 80;

/** The help text of one command. */
export function helpOf({ name, usage, about, flags, notes = [], exit }: Definition): string {
  const paragraphs = (texts: readonly string[]) => texts.flatMap((text) => ['', ...wrap(text, '')]);
  return [
    `v6only ${name} ${usage}`,
    ...paragraphs(about),
    '',
    ...pairs(Object.entries(flags).map(([flag, { help, ...form }]) => [flagInWords(flag, form), help])),
    ...paragraphs(notes),
    '',
    'Exit codes:',
    ...pairs(exit),
  ].join('\n');
}

/** The help text of the command line as a whole. */
export function helpOfAll(): string {
  return [
    'v6only runs IPv4-only Node.js programs on IPv6-only networks.',
    '',
    'Usage: v6only COMMAND [options]',
    '',
    ...pairs(DEFINITIONS.map(({ name, summary }) => [name, summary])),
    '',
    ...pairs([
      ['--help, -h', 'print this text; v6only COMMAND --help and v6only help COMMAND describe a command'],
      ['--version, -V', 'print the version'],
    ]),
    '',
    'Exit codes:',
    ...pairs(EXIT_CODES),
  ].join('\n');
}

/** `--policy FILE`, `--help, -h`, `--listen ADDRESS …`. */
export function flagInWords(flag: string, { short, value, multiple }: Omit<Flag, 'help' | 'type'>): string {
  const letter = short === undefined ? '' : `, -${short}`;
  return `--${flag}${letter}${value === undefined ? '' : ` ${value}`}${multiple ? ' …' : ''}`;
}

function pairs(rows: readonly (readonly [string, string])[]): string[] {
  const indent = Math.max(...rows.map(([left]) => left.length)) + 4;
  return rows.flatMap(([left, right]) =>
    wrap(right, ' '.repeat(indent)).map((line, i) => (i === 0 ? `  ${left}`.padEnd(indent) + line.trimStart() : line)),
  );
}

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}
