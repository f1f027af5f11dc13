// A case is JSON: it can be written to a file, printed and run again. What JSON cannot say is an object with a `$`.
import type { LookupAddress } from 'node:dns';
import net from 'node:net';

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** What the functions of a case are called with. */
export type Recorder = (name: string, args: readonly unknown[]) => void;

/** The value that a JSON value stands for. */
export function revive(value: Json, record: Recorder): unknown {
  if (Array.isArray(value)) return reviveAll(value, record);
  if (typeof value !== 'object' || value === null) return value;
  if (typeof value.$ === 'string') return (SPECIAL[value.$] as Reviver)(value, record);
  return withProperties({}, value, record);
}

export const reviveAll = (values: readonly Json[], record: Recorder): unknown[] =>
  values.map((one) => revive(one, record));

/** A property whose value is `throws` or `getter` becomes an accessor. */
function withProperties(target: object, properties: JsonObject, record: Recorder): object {
  for (const [key, value] of Object.entries(properties)) {
    const at = { configurable: true, enumerable: true };
    const special = isObject(value) ? value : {};
    if (special.$ === 'throws') Object.defineProperty(target, key, { ...at, get: () => throwFrom(key) });
    else if (special.$ === 'getter')
      Object.defineProperty(target, key, { ...at, get: () => revive(special.value as Json, record) });
    else Object.defineProperty(target, key, { ...at, writable: true, value: revive(value, record) });
  }
  return target;
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function throwFrom(key: string): never {
  throw new RangeError(`the program's getter of ${key}`);
}

type Reviver = (special: JsonObject, record: Recorder) => unknown;

const SPECIAL: Readonly<Record<string, Reviver>> = {
  undefined: () => undefined,
  number: ({ value }) => Number(value),
  bigint: ({ value }) => BigInt(value as string),
  symbol: () => Symbol('a symbol'),
  boxed: ({ value }) => Object(value),
  date: () => new Date(0),
  bytes: ({ value }) => Buffer.from(value as string, 'hex'),
  view: ({ value }) => new Uint16Array(value as number[]),
  function:
    (_, record) =>
    (...args: unknown[]) =>
      record('callback', args),
  coerces: ({ value }) => ({ toString: () => value, valueOf: () => value }),
  stubborn: () => ({
    toString() {
      throw new RangeError("the program's toString");
    },
  }),
  bare: ({ value }, record) => withProperties(Object.create(null), value as JsonObject, record),
  inherits: ({ value }, record) => Object.create(withProperties({}, value as JsonObject, record)),
  frozen: ({ value }, record) => Object.freeze(withProperties({}, value as JsonObject, record)),
  throws: () => undefined,
  getter: ({ value }, record) => revive(value as Json, record),
  revoked: () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  aborted: () => AbortSignal.abort(),
  blockList: ({ value }) => {
    const list = new net.BlockList();
    for (const address of value as string[]) list.addAddress(address, net.isIPv6(address) ? 'ipv6' : 'ipv4');
    return list;
  },
  // A `lookup` of the program, with whatever answer.
  lookup:
    ({ error, answer }, record): LookupOfProgram =>
    (hostname, options, callback) => {
      record('lookup', [hostname, options.family, options.all]);
      const failed =
        error === undefined ? null : Object.assign(new Error('the program has no answer'), { code: error as string });
      process.nextTick(callback, failed, ...reviveAll(answer as Json[], record));
    },
};

type LookupOfProgram = (
  hostname: string,
  options: { readonly family?: number; readonly all?: boolean },
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
) => void;
