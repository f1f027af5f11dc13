/** An option of NODE_OPTIONS and its position. */
export interface NodeOption {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Splits NODE_OPTIONS as src/node_options.cc does: at spaces, except within double quotes, where a backslash escapes.
 */
export function splitNodeOptions(text: string): NodeOption[] {
  const options: NodeOption[] = [];
  let value: string | undefined;
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at <= text.length; at++) {
    const c = text[at];
    if (c === undefined || (c === ' ' && !isQuoted)) {
      if (value !== undefined) options.push({ value, start, end: at });
      value = undefined;
      continue;
    }
    if (value === undefined) {
      value = '';
      start = at;
    }
    if (c === '"') isQuoted = !isQuoted;
    else if (c === '\\' && isQuoted) value += text[++at] ?? '';
    else value += c;
  }
  // Quotes without content are not an option.
  return options.filter((option) => option.value !== '');
}

/** The options in NODE_OPTIONS, without their positions. */
export function optionsIn(nodeOptions: string | undefined): string[] {
  return splitNodeOptions(nodeOptions ?? '').map(({ value }) => value);
}

/** The options of this process or thread. Other code may have replaced them by anything. */
export function execArgvNow(): readonly string[] {
  const { execArgv } = process as { execArgv: unknown };
  return Array.isArray(execArgv) ? execArgv.filter((option) => typeof option === 'string') : [];
}

/** A value as it must be written in NODE_OPTIONS. */
export function quoteForNodeOptions(value: string): string {
  return /[ "\\]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
}

/** One preload in a list of options: `count` words from index `first`. */
export interface PreloadOption {
  readonly first: number;
  readonly count: 1 | 2;
  readonly how: 'require' | 'import';
  readonly request: string;
}

/**
 * The preloads in a list of options, in the forms that Node accepts: `-r X`, `--require X`, `--require=X`, `--import
 * X`, `--import=X`.
 */
export function preloadsIn(options: readonly string[]): PreloadOption[] {
  const found: PreloadOption[] = [];
  for (let i = 0; i < options.length; i++) {
    const [, flag, request] = /^(-r|--require|--import)(?:=(.*))?$/s.exec(options[i] ?? '') ?? [];
    if (flag === undefined || (flag === '-r' && request !== undefined)) continue;
    const how = flag === '--import' ? 'import' : 'require';
    if (request !== undefined) found.push({ first: i, count: 1, how, request });
    else if (options[i + 1] !== undefined) found.push({ first: i, count: 2, how, request: options[++i] as string });
  }
  return found;
}

/**
 * NODE_OPTIONS that preloads this file once, in the long form: bundlers and test runners parse NODE_OPTIONS, and some
 * do not know `-r X`.
 */
export function withPreload(nodeOptions: string, file: string, place: 'first' | 'last'): string {
  const present = preloadsIn(optionsIn(nodeOptions));
  if (present.some(({ how, request }) => how === 'require' && request === file)) return nodeOptions;
  const option = `--require=${quoteForNodeOptions(file)}`;
  return (place === 'first' ? [option, nodeOptions] : [nodeOptions, option]).filter(Boolean).join(' ');
}
