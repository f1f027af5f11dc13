/** Widest line of a generated text. */
const WIDTH = 118;

/** Items as a list of Markdown. */
export const list = (items: readonly string[]): string =>
  items.map((item) => `${wrap(`- ${item}`, '', '  ')}\n`).join('');

/** `hanging` indents every line but the first. What is in backquotes may be broken too: Markdown reads it as one line. */
export function wrap(text: string, indent = '', hanging = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const start = indent + (lines.length > 0 ? hanging : '');
    if (line !== '' && start.length + line.length + 1 + word.length > WIDTH) {
      lines.push(start + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + (lines.length > 0 ? hanging : '') + line].join('\n');
}
