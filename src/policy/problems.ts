import { V6OnlyError } from '../report/errors';
import { messageLine } from '../report/printable';
import { findJsonPositions, type JsonPositions, PositionFinder, readablePath } from './json-positions';

/** One fault of a policy. */
export interface PolicyProblem {
  /** The field, as `rules[2].match`. Empty for the policy as a whole. */
  readonly path: string;
  /** What is wrong. */
  readonly message: string;
  /** The allowed values of the field, in words. */
  readonly allowed?: string;
  /** What was most likely meant. */
  readonly suggestion?: string;
  /** The policy file. Absent for a policy that was passed to `enable()`. */
  readonly file?: string;
  /** The position of the field in the file, counted from 1. */
  readonly line?: number;
  /** Counted from 1. */
  readonly column?: number;
}

/** The text that a policy was read from. */
export interface PolicySource {
  readonly file: string;
  readonly text: string;
  /** The JSON pointer of the policy in it: `/v6only` in a package.json. */
  readonly root: string;
}

export const invalidOption = (what: string, hint: string) => new V6OnlyError('V6ONLY_INVALID_OPTION', what, hint);

/** How many faults the message lists. A pipe that takes it may be closed before the rest is written. */
const MAX_SHOWN = 100;

/** The error of a policy that cannot be used. Its `code` is V6ONLY_INVALID_POLICY. */
export class PolicyError extends V6OnlyError {
  /** Every fault of the policy. The message lists the first 100. */
  readonly problems: readonly PolicyProblem[];

  constructor(problems: readonly PolicyProblem[], where: string) {
    const count = problems.length === 1 ? 'a fault' : `${problems.length} faults`;
    const rest = problems.length - MAX_SHOWN;
    const more = rest > 0 ? [`  and ${rest} more`] : [];
    const shown = problems.slice(0, MAX_SHOWN).map(describeProblem);
    super('V6ONLY_INVALID_POLICY', [`${where} has ${count}:`, ...shown, ...more]);
    this.problems = problems;
  }
}

/** One line: `  /app/v6only.config.json:4:7 rules[0].too: unknown key. Did you mean "to"? Allowed: …`. */
export function describeProblem({ file, line, column, path, message, suggestion, allowed }: PolicyProblem): string {
  const place = file === undefined ? '' : line === undefined ? `${file} ` : `${file}:${line}:${column} `;
  const field = path === '' ? '' : `${path}: `;
  const meant = suggestion === undefined ? '' : `. Did you mean ${JSON.stringify(suggestion)}?`;
  const rest = allowed === undefined ? '' : `${meant === '' ? '.' : ''} Allowed: ${allowed}`;
  // A policy may come from an untrusted source, its keys and values too.
  return `  ${messageLine(`${place}${field}${message}${meant}${rest}`)}`;
}

/** With the line that says there are more. Enough for any user, who fixes the first and runs the check again. */
const MAX_FAULTS = 4096;

type Details = Pick<PolicyProblem, 'allowed' | 'suggestion'> & { readonly at?: 'key' | 'value' };

/** Collects all faults of one policy, so that one error reports them together. */
export class Report {
  readonly #source: PolicySource | undefined;
  readonly #problems: (PolicyProblem & { readonly offset: number })[] = [];
  readonly #pointers = new Set<string>();
  readonly #finder: PositionFinder | undefined;
  #positions: JsonPositions | undefined;

  constructor(source: PolicySource | undefined) {
    this.#source = source;
    this.#finder = source && new PositionFinder(source.text);
  }

  add(pointer: string, message: string, { at = 'value', ...details }: Details = {}): void {
    this.#pointers.add(pointer);
    const offset = this.#offset(pointer, at);
    this.addAt(offset, pointer, message, details);
  }

  /** Adds the fault that `read` throws, if any. */
  attempt<T>(pointer: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      // A PolicyError: there are too many faults.
      if (!(error instanceof V6OnlyError) || error instanceof PolicyError) throw error;
      this.add(pointer, error.message);
      return undefined;
    }
  }

  /**
   * Reads a field that holds a value or a list of them, one by one: undefined for each that has a fault. `at` is the
   * place of the value.
   */
  each<V, T>(
    pointer: string,
    field: V | readonly V[],
    read: (value: V, at: string, index: number) => T,
  ): (T | undefined)[] {
    const isList = Array.isArray(field);
    const values = (isList ? field : [field]) as readonly V[];
    return values.map((value, index) => {
      const at = isList ? `${pointer}/${index}` : pointer;
      return this.has(at) ? undefined : this.attempt(at, () => read(value, at, index));
    });
  }

  /** @throws PolicyError if there are too many faults */
  addAt(offset: number, pointer: string, message: string, details: Details = {}): void {
    if (this.#problems.length >= MAX_FAULTS) {
      const rest = `more than ${MAX_FAULTS - 1} faults: the rest is not shown`;
      this.#problems.splice(MAX_FAULTS - 1, Infinity, { path: '', message: rest, offset: Infinity });
      this.throwIfFaulty();
    }
    const place = this.#source && { file: this.#source.file, ...this.#finder?.at(offset) };
    this.#problems.push({ path: readablePath(pointer), message, ...details, ...place, offset });
  }

  /** Whether a fault of this value was already reported. Faults of its parts do not count. */
  has(pointer: string): boolean {
    return this.#pointers.has(pointer);
  }

  /** @throws PolicyError if there is a fault. */
  throwIfFaulty(): void {
    if (this.#problems.length === 0) return;
    const problems = this.#problems.toSorted((a, b) => a.offset - b.offset).map(({ offset: _, ...problem }) => problem);
    throw new PolicyError(problems, this.#source ? `the policy ${this.#source.file}` : 'the policy');
  }

  #offset(pointer: string, at: 'key' | 'value'): number {
    if (this.#source === undefined) return 0;
    this.#positions ??= findJsonPositions(this.#source.text);
    const { keys, values } = this.#positions;
    const full = this.#source.root + pointer;
    // A missing field has no position of its own. It gets the position of the object that lacks it.
    for (let place = full; ; place = place.slice(0, place.lastIndexOf('/'))) {
      const offset = (at === 'key' ? keys.get(place) : undefined) ?? values.get(place);
      if (offset !== undefined || place === '') return offset ?? 0;
    }
  }
}
