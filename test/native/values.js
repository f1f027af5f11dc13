// A case is JSON: it can be written to a file, printed and run again. What JSON cannot say is an object with a `$`.
import net from 'node:net';

/** @param record what the functions of the case are called with: `record(name, args)` */
export function revive(value, record) {
  if (Array.isArray(value)) return value.map((one) => revive(one, record));
  if (typeof value !== 'object' || value === null) return value;
  if (typeof value.$ === 'string') return SPECIAL[value.$](value, record);
  return withProperties({}, value, record);
}

/** A property whose value is `throws` or `getter` becomes an accessor. */
function withProperties(target, properties, record) {
  for (const [key, value] of Object.entries(properties)) {
    const at = { configurable: true, enumerable: true };
    if (value?.$ === 'throws') Object.defineProperty(target, key, { ...at, get: () => throwFrom(key) });
    else if (value?.$ === 'getter')
      Object.defineProperty(target, key, { ...at, get: () => revive(value.value, record) });
    else Object.defineProperty(target, key, { ...at, writable: true, value: revive(value, record) });
  }
  return target;
}

function throwFrom(key) {
  throw new RangeError(`the program's getter of ${key}`);
}

const SPECIAL = {
  undefined: () => undefined,
  number: ({ value }) => Number(value),
  bigint: ({ value }) => BigInt(value),
  symbol: () => Symbol('a symbol'),
  boxed: ({ value }) => Object(value),
  date: () => new Date(0),
  bytes: ({ value }) => Buffer.from(value, 'hex'),
  view: ({ value }) => new Uint16Array(value),
  function:
    (_, record) =>
    (...args) =>
      record('callback', args),
  thrower: () => () => {
    throw new RangeError("the program's callback");
  },
  coerces: ({ value }) => ({ toString: () => value, valueOf: () => value }),
  stubborn: () => ({
    toString() {
      throw new RangeError("the program's toString");
    },
  }),
  bare: ({ value }, record) => withProperties(Object.create(null), value, record),
  inherits: ({ value }, record) => Object.create(withProperties({}, value, record)),
  frozen: ({ value }, record) => Object.freeze(withProperties({}, value, record)),
  throws: () => undefined,
  getter: ({ value }, record) => revive(value, record),
  revoked: () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  aborted: () => AbortSignal.abort(),
  blockList: ({ value }) => {
    const list = new net.BlockList();
    for (const address of value) list.addAddress(address, net.isIPv6(address) ? 'ipv6' : 'ipv4');
    return list;
  },
  // A `lookup` of the program, with whatever answer.
  lookup:
    ({ error, answer }, record) =>
    (hostname, options, callback) => {
      record('lookup', [hostname, options.family, options.all]);
      const failed =
        error === undefined ? null : Object.assign(new Error('the program has no answer'), { code: error });
      process.nextTick(callback, failed, ...answer.map((one) => revive(one, record)));
    },
};
