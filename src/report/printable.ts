/** Control and format characters (bidirectional overrides among them), line separators, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes a text safe to print on one line of a terminal, a log or a page. Names and addresses come from other hosts, and
 * must neither control the terminal nor start a new line. Printable characters stay unchanged.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return SHORT[character] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`);
  });
}

/** Longer foreign texts in a message help nobody. The beginning tells which one it is. */
const MAX_QUOTED = 256;

/** The text of a message on one line: foreign texts in it, which stand in double quotes, are shortened. */
export function messageLine(text: string): string {
  return printable(text.replace(/"([^"]*)"/g, shortened));
}

function shortened(whole: string, quoted: string): string {
  if (quoted.length <= MAX_QUOTED) return whole;
  return `"${quoted.slice(0, MAX_QUOTED - 1)}…" (${quoted.length} characters)`;
}

/** `printable` for a text of v6only that has several lines. Its foreign parts must not contain line breaks. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** JSON in which the same characters are JSON escapes, so a parser reads the same value. */
export function printableJson(value: unknown): string {
  const lines = JSON.stringify(value, null, 2).split('\n');
  const escaped = (character: string) =>
    Array.from({ length: character.length }, (_, i) => jsonEscape(character.charCodeAt(i))).join('');
  return lines.map((line) => line.replace(UNPRINTABLE, escaped)).join('\n');
}

const jsonEscape = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;
