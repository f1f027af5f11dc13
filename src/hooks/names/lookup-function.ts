import dns from 'node:dns';
import { isIP } from 'node:net';
import { types } from 'node:util';

export type Address = dns.LookupAddress;

/** What a function that looks up names returned. */
export interface Answer {
  /** Empty after an error, and if the answer does not consist of addresses. */
  readonly addresses: readonly Address[];
  /** Whether it returned one address although it was asked for all. The program then gets one, as natively. */
  readonly isOne: boolean;
  /** An answer that does not consist of addresses: the program finds in it what it finds natively. */
  readonly other?: { readonly value: unknown };
}

/** The error is what the function returned: of any type, if the function is the program's. */
export type AnswerCallback = (error: NodeJS.ErrnoException | null, answer: Answer) => void;

/** `dns.lookup` or `dns.promises.lookup`, or what the program put in its place before v6only was loaded. */
export interface LookupFunction {
  /** Whether it is Node's own. A function of the program decides alone which addresses a name has. */
  isNodes(): boolean;
  /** Asks for all addresses of a name. Throws what the function throws. */
  ask(hostname: string, options: dns.LookupAllOptions, callback: AnswerCallback): unknown;
  /** Makes Node's own function check options, and throws what it throws. False if the function is the program's. */
  judge(options: unknown): boolean;
}

export const NOTHING: Answer = { addresses: [], isOne: false };

export const allOf = (addresses: readonly Address[]): Answer => ({ addresses, isOne: false });

/** Any literal address: Node then only checks the other arguments of `lookup`, and asks no resolver. */
const LITERAL = '127.0.0.1';

export function byCallback(real: typeof dns.lookup): LookupFunction {
  const call = (...args: unknown[]) => Reflect.apply(real as never, dns, args);
  return lookupFunction(
    real,
    (options) => void call(LITERAL, options, () => {}),
    (hostname, options, callback) =>
      call(hostname, options, (error: NodeJS.ErrnoException | null, first: unknown, family: unknown) =>
        callback(error, error ? NOTHING : answerOf(Array.isArray(first) ? first : { address: first, family })),
      ),
  );
}

export function byPromise(real: typeof dns.promises.lookup): LookupFunction {
  const call = (...args: unknown[]) => Reflect.apply(real as never, dns.promises, args);
  return lookupFunction(
    real,
    (options) => void call(LITERAL, options),
    (hostname, options, callback) =>
      void Promise.resolve(call(hostname, options)).then(
        (value: unknown) => callback(null, answerOf(value)),
        (error) => callback(error, NOTHING),
      ),
  );
}

function lookupFunction(real: object, check: (options: unknown) => void, ask: LookupFunction['ask']): LookupFunction {
  let known: boolean | undefined;
  const isNodes = () => {
    known ??= isFunctionOfNode(real);
    return known;
  };
  const judge = (options: unknown) => {
    if (isNodes()) check(options);
    return isNodes();
  };
  return { isNodes, ask, judge };
}

/** The same function for a question that the program did not ask: what it throws is the answer. */
export function quietly({ ask }: LookupFunction): LookupFunction['ask'] {
  return (hostname, options, callback) => {
    let isAnswered = false;
    try {
      return ask(hostname, options, (...answer) => {
        isAnswered = true;
        return callback(...answer);
      });
    } catch (error) {
      // A function that answers at once also throws what the program's callback throws.
      if (isAnswered) throw error;
      return callback(error as NodeJS.ErrnoException, NOTHING);
    }
  };
}

/** What the program gets: a list of objects, or one object. */
export function resultOf({ addresses, isOne, other }: Answer, all: boolean): unknown {
  const value = other === undefined ? (isOne ? addresses[0] : addresses) : other.value;
  return Array.isArray(value) && !all ? value[0] : value;
}

function answerOf(value: unknown): Answer {
  if (Array.isArray(value)) {
    return value.length > 0 && value.every(isAddress) ? allOf(value) : { ...NOTHING, other: { value } };
  }
  return isAddress(value) ? { addresses: [value], isOne: true } : { ...NOTHING, other: { value } };
}

function isAddress(one: unknown): one is Address {
  const { address, family } = (one ?? {}) as { address?: unknown; family?: unknown };
  return typeof address === 'string' && family !== 0 && isIP(address) === family;
}

/** The functions in lib/dns.js and lib/internal/dns/promises.js that getaddrinfo and its promise come from. */
const SOURCE = /^function lookup\(hostname, options[,)].*\b(?:cares\.getaddrinfo|createLookupPromise)\(/s;

const sourceText = Function.prototype.toString;

/** Nothing else tells Node's function from one that calls it: a wrapper usually copies its name and properties. */
function isFunctionOfNode(real: object): boolean {
  return !types.isProxy(real) && SOURCE.test(sourceText.call(real));
}
