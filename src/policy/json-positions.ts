/** A place in a text. Line and column count from 1, as in editors. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface JsonFault {
  readonly message: string;
  readonly offset: number;
}

/**
 * The offset of each value, and of its key, in a JSON text. The maps' keys are JSON pointers (RFC 6901). `''` is the
 * whole text.
 */
export interface JsonPositions {
  readonly values: ReadonlyMap<string, number>;
  readonly keys: ReadonlyMap<string, number>;
  /** The first syntax error, or undefined. */
  readonly fault: JsonFault | undefined;
  /** Keys that occur twice in an object. JSON.parse silently takes the last. */
  readonly duplicates: readonly { readonly pointer: string; readonly offset: number }[];
}

/** No policy is nested so deeply. The bound keeps a text from exhausting the stack. */
const MAX_DEPTH = 64;

/** Finds the positions of the values in a JSON text. If the text is not JSON, describes the fault in plain words. */
export function findJsonPositions(text: string): JsonPositions {
  const scanner = new Scanner(text);
  try {
    scanner.document();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { ...scanner, fault: { message: error.message, offset: error.offset } };
  }
  return { ...scanner, fault: undefined };
}

/** Converts offsets of a text to lines and columns. */
export class PositionFinder {
  readonly #text: string;
  /** Offset of each line. Computed on first use: most policies have no fault. */
  #starts: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  at(offset: number): Position {
    this.#starts ??= [0, ...[...this.#text.matchAll(/\r\n|\r|\n/g)].map(({ index, 0: end }) => index + end.length)];
    let [low, high] = [0, this.#starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (this.#starts[low] as number) + 1 };
  }
}

/** `key` as one part of a JSON pointer. */
export function pointerPart(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The keys of which a JSON pointer consists. */
export function keysOfPointer(pointer: string): string[] {
  const parts = pointer.split('/').slice(1);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** `/rules/2/match` in readable form: `rules[2].match`. */
export function readablePath(pointer: string): string {
  let path = '';
  for (const key of keysOfPointer(pointer)) {
    if (/^\d+$/.test(key)) path += `[${key}]`;
    else if (/^[$\w-]+$/.test(key)) path += path === '' ? key : `.${key}`;
    else path += `[${JSON.stringify(key)}]`;
  }
  return path;
}

class Fault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

class Scanner {
  readonly values = new Map<string, number>();
  readonly keys = new Map<string, number>();
  readonly duplicates: { pointer: string; offset: number }[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#space();
    if (this.#at === this.#text.length) throw new Fault('the file is empty', 0);
    this.#value('', 0);
    this.#space();
    if (this.#at < this.#text.length) throw new Fault('there is text after the end of the JSON value', this.#at);
  }

  #value(pointer: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new Fault('the values are nested too deeply', this.#at);
    this.values.set(pointer, this.#at);
    const c = this.#text[this.#at];
    if (c === '{') this.#members(pointer, depth);
    else if (c === '[') this.#elements(pointer, depth);
    else if (c === '"') this.#string();
    else this.#word();
  }

  #members(pointer: string, depth: number): void {
    const open = this.#at++;
    for (let first = true; ; first = false) {
      this.#space();
      if (first && this.#take('}')) return;
      const offset = this.#at;
      if (this.#text[offset] !== '"')
        throw this.#unexpected(first ? 'a key in double quotes or "}"' : 'a key in double quotes', open);
      const child = pointer + pointerPart(this.#string());
      if (this.keys.has(child)) this.duplicates.push({ pointer: child, offset });
      this.keys.set(child, offset);
      this.#space();
      if (!this.#take(':')) throw this.#unexpected('":" after the key', open);
      this.#space();
      this.#value(child, depth + 1);
      this.#space();
      if (this.#take('}')) return;
      if (!this.#take(',')) throw this.#unexpected('"," or "}"', open);
    }
  }

  #elements(pointer: string, depth: number): void {
    const open = this.#at++;
    for (let index = 0; ; index++) {
      this.#space();
      if (index === 0 && this.#take(']')) return;
      this.#value(`${pointer}/${index}`, depth + 1);
      this.#space();
      if (this.#take(']')) return;
      if (!this.#take(',')) throw this.#unexpected('"," or "]"', open);
    }
  }

  #string(): string {
    const start = this.#at;
    const match = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
    match.lastIndex = start;
    const found = match.exec(this.#text);
    if (found === null) throw new Fault('the string does not end, or has a character that JSON does not allow', start);
    this.#at = match.lastIndex;
    return JSON.parse(found[0]) as string;
  }

  #word(): void {
    const match = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    match.lastIndex = this.#at;
    if (match.exec(this.#text) === null) throw this.#unexpected('a value', this.#at);
    this.#at = match.lastIndex;
  }

  #unexpected(expected: string, open: number): Fault {
    const c = this.#text[this.#at];
    if (c === undefined) return new Fault(`the text ends where ${expected} is missing`, open);
    if (c === '/') return new Fault('JSON has no comments', this.#at);
    if (c === "'") return new Fault('JSON strings are in double quotes', this.#at);
    if (/[}\]]/.test(c) && this.#text.slice(0, this.#at).trimEnd().endsWith(',')) {
      return new Fault('JSON has no comma after the last entry', this.#at);
    }
    return new Fault(`${JSON.stringify(c)} was found where ${expected} is expected`, this.#at);
  }

  #take(c: string): boolean {
    if (this.#text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
}
