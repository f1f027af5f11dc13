// What v6only uses of the language's own library, taken before the program runs, as Node.js takes its `primordials`: a program
// may replace `Array.prototype.map` or `Map` for good or bad reasons, and then neither breaks the hooks nor sees through
// them. scripts/built-ins/transform.mjs makes the code of dist/ use this; the build puts the list of what is used in place of
// `TAKEN`. A method is a function here that takes its `this` first.
'use strict';
const { types } = require('node:util');
const { bind, call } = Function.prototype;
const uncurry = bind.bind(call);
const { apply, getPrototypeOf, getOwnPropertyDescriptor } = Reflect;
const { defineProperty, setPrototypeOf, hasOwn } = Object;
const { iterator: ITERATOR } = Symbol;
const { isArray } = Array;
const { isMap, isMapIterator, isRegExp, isSet, isSetIterator, isGeneratorObject, isTypedArray } = types;
const TypedArray = getPrototypeOf(Uint8Array);
const accessor = (owner, key) => uncurry(getOwnPropertyDescriptor(owner.prototype, key).get);
const prototypeOfIterator = (iterable) => getPrototypeOf(iterable[ITERATOR]());

const ArrayIterator = prototypeOfIterator([]);
const StringIterator = prototypeOfIterator('');
const arrayValues = uncurry(Array.prototype.values);
const typedValues = uncurry(TypedArray.prototype.values);
const stringValues = uncurry(String.prototype[ITERATOR]);
const mapEntries = uncurry(Map.prototype.entries);
const setValues = uncurry(Set.prototype.values);
const nextOfArray = uncurry(ArrayIterator.next);
const nextOfString = uncurry(StringIterator.next);
const nextOfMap = uncurry(prototypeOfIterator(new Map()).next);
const nextOfSet = uncurry(prototypeOfIterator(new Set()).next);
const Generator = getPrototypeOf(function* () {}).prototype;
const nextOfGenerator = uncurry(Generator.next);
const returnOfGenerator = uncurry(Generator.return);

/** An iterator that looks up nothing of the program's. */
class Iterator {
  #inner;
  #next;
  constructor(inner, next) {
    this.#inner = inner;
    this.#next = next;
  }
  next() {
    return this.#next(this.#inner);
  }
  [ITERATOR]() {
    return this;
  }
}
setPrototypeOf(Iterator.prototype, null);
class GeneratorIterator {
  #inner;
  constructor(inner) {
    this.#inner = inner;
  }
  next() {
    return nextOfGenerator(this.#inner);
  }
  return(value) {
    return returnOfGenerator(this.#inner, value);
  }
  [ITERATOR]() {
    return this;
  }
}
setPrototypeOf(GeneratorIterator.prototype, null);

const nextFor = (it) => {
  if (isMapIterator(it)) return nextOfMap;
  if (isSetIterator(it)) return nextOfSet;
  const prototype = getPrototypeOf(it);
  if (prototype === ArrayIterator) return nextOfArray;
  return prototype === StringIterator ? nextOfString : undefined;
};

/** What `for … of` and `...` get: the same values, past what the program put in the place of iterators. */
function iterate(iterable) {
  if (isArray(iterable)) return new Iterator(arrayValues(iterable), nextOfArray);
  if (typeof iterable === 'string') return new Iterator(stringValues(iterable), nextOfString);
  if (iterable === undefined || iterable === null || typeof iterable !== 'object') return iterable;
  if (isMap(iterable)) return new Iterator(mapEntries(iterable), nextOfMap);
  if (isSet(iterable)) return new Iterator(setValues(iterable), nextOfSet);
  if (isTypedArray(iterable)) return new Iterator(typedValues(iterable), nextOfArray);
  if (isGeneratorObject(iterable)) return new GeneratorIterator(iterable);
  const known = nextFor(iterable);
  if (known !== undefined) return new Iterator(iterable, known);
  // A class of v6only's own, most often with a generator; or something like an array, for `Array.from`.
  const own = iterable[ITERATOR]?.();
  return own === undefined || own === iterable ? iterable : iterate(own);
}

/** `iterator.next()` */
const next = (it) => (isGeneratorObject(it) ? nextOfGenerator(it) : (nextFor(it) ?? uncurry(it.next))(it));

const push = uncurry(Array.prototype.push);
const slice = uncurry(Array.prototype.slice);
/** `[...iterable]` */
function list(iterable) {
  if (isArray(iterable)) return slice(iterable);
  const all = [];
  for (const one of iterate(iterable)) push(all, one);
  return all;
}

/** `receiver?.method(…)`: what the dots stand for is worked out where there is a receiver. */
const maybe = (receiver, use) => (receiver === undefined || receiver === null ? undefined : use(receiver));

function filled(collection, add, iterable) {
  if (iterable !== undefined && iterable !== null) for (const one of iterate(iterable)) add(collection, one);
  return collection;
}
const { Map: RealMap, Set: RealSet, WeakMap: RealWeakMap, WeakSet: RealWeakSet } = globalThis;
const addPair = (method) => {
  const set = uncurry(method);
  return (collection, entry) => set(collection, entry[0], entry[1]);
};
const setInMap = addPair(RealMap.prototype.set);
const setInWeakMap = addPair(RealWeakMap.prototype.set);
const addToSet = uncurry(RealSet.prototype.add);
const addToWeakSet = uncurry(RealWeakSet.prototype.add);
const newMap = (iterable) => filled(new RealMap(), setInMap, iterable);
const newSet = (iterable) => filled(new RealSet(), addToSet, iterable);
const newWeakMap = (iterable) => filled(new RealWeakMap(), setInWeakMap, iterable);
const newWeakSet = (iterable) => filled(new RealWeakSet(), addToWeakSet, iterable);

const { RegExp: RealRegExp } = globalThis;
const exec = uncurry(RealRegExp.prototype.exec);
const test = (pattern, text) => exec(pattern, text) !== null;
const codePointAt = uncurry(String.prototype.codePointAt);
const substring = uncurry(String.prototype.substring);
const sourceOf = accessor(RealRegExp, 'source');
/** All matches, the empty ones too. */
function matches(pattern, text) {
  const { flags } = pattern;
  const copy = harden(new RealRegExp(sourceOf(pattern), pattern.global ? flags : `${flags}g`));
  const all = [];
  for (let match = exec(copy, text); match !== null; match = exec(copy, text)) {
    push(all, match);
    if (match[0] !== '') continue;
    const wide = (pattern.unicode || pattern.unicodeSets) && codePointAt(text, match.index) > 0xffff;
    copy.lastIndex += wide ? 2 : 1;
  }
  return all;
}
/**
 * The language's own `split` and `matchAll` make a copy by the pattern's `constructor`, which may be the program's. A pattern
 * with a constructor of its own is no remedy: V8 then takes its slow way with each regular expression of the process.
 */
function split(text, limit) {
  const most = limit === undefined ? 2 ** 32 - 1 : limit >>> 0;
  const parts = [];
  let from = 0;
  const all = matches(this, text);
  if (text === '' && all.length > 0) return parts;
  for (let i = 0; i < all.length; i++) {
    const match = all[i];
    const end = match.index + match[0].length;
    if (match.index === text.length || end === from) continue;
    push(parts, substring(text, from, match.index));
    for (let group = 1; group < match.length; group++) push(parts, match[group]);
    from = end;
  }
  push(parts, substring(text, from));
  return slice(parts, 0, most);
}
/** What the methods of strings look up on a regular expression: [key, value] pairs of functions, and accessors. */
const SYMBOLS = [Symbol.match, Symbol.replace, Symbol.search].map((key) => [key, RealRegExp.prototype[key]]);
push(SYMBOLS, [Symbol.split, split]);
push(SYMBOLS, [
  Symbol.matchAll,
  function (text) {
    return matches(this, text);
  },
]);
const FLAGS = [...'hasIndices global ignoreCase multiline dotAll unicode unicodeSets sticky'.split(' '), 'flags'].map(
  (key) => [key, accessor(RealRegExp, key)],
);
const realExec = RealRegExp.prototype.exec;
const own = (target, key, value) =>
  defineProperty(target, key, { __proto__: null, value, writable: true, configurable: true });
/** A regular expression that has of its own all that matching looks up. */
function harden(pattern) {
  if (!isRegExp(pattern) || hasOwn(pattern, 'exec')) return pattern;
  own(pattern, 'exec', realExec);
  // By index: an iterator would be the program's. The accessor of `flags` reads the others, which are there by then.
  for (let i = 0; i < SYMBOLS.length; i++) own(pattern, SYMBOLS[i][0], SYMBOLS[i][1]);
  for (let i = 0; i < FLAGS.length; i++) own(pattern, FLAGS[i][0], FLAGS[i][1](pattern));
  return pattern;
}

/** `target[key] = value`, also where what `target` inherits from is frozen. */
function assign(target, key, value) {
  if (hasOwn(target, key)) target[key] = value;
  else defineProperty(target, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  return value;
}

const { Promise: RealPromise } = globalThis;
const then = uncurry(RealPromise.prototype.then);
const resolved = RealPromise.resolve.bind(RealPromise);
// By `await`: it calls no method of a promise. A callback of the real `then` that returns a promise has that one's called.
async function promiseThen(promise, onFulfilled, onRejected) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    if (typeof onRejected !== 'function') throw error;
    return await onRejected(error);
  }
  return typeof onFulfilled === 'function' ? await onFulfilled(value) : value;
}
const promiseCatch = (promise, onRejected) => promiseThen(promise, undefined, onRejected);
async function promiseFinally(promise, atEnd) {
  try {
    return await promise;
  } finally {
    await atEnd();
  }
}
function promiseAll(promises) {
  return new RealPromise((resolve, reject) => {
    const all = list(promises);
    let left = all.length;
    if (left === 0) resolve(all);
    for (let i = 0; i < all.length; i++) {
      const done = (value) => {
        all[i] = value;
        if (--left === 0) resolve(all);
      };
      then(resolved(all[i]), done, reject);
    }
  });
}
const fulfilled = (value) => ({ status: 'fulfilled', value });
const rejected = (reason) => ({ status: 'rejected', reason });
function promiseAllSettled(promises) {
  const all = list(promises);
  for (let i = 0; i < all.length; i++) all[i] = then(resolved(all[i]), fulfilled, rejected);
  return promiseAll(all);
}
function promiseRace(promises) {
  return new RealPromise((resolve, reject) => {
    for (const promise of iterate(promises)) then(resolved(promise), resolve, reject);
  });
}

/** Methods that code without types calls, by the kind of the receiver. */
function table(prototype, names) {
  const methods = { __proto__: null };
  for (const name of names) if (typeof prototype[name] === 'function') methods[name] = prototype[name];
  return methods;
}
const DYNAMIC = [
  /* DYNAMIC */
];
const STRING = table(String.prototype, DYNAMIC);
const NUMBER = table(Number.prototype, DYNAMIC);
const ARRAY = table(Array.prototype, DYNAMIC);
const FUNCTION = table(Function.prototype, DYNAMIC);
const REGEXP = table(RealRegExp.prototype, DYNAMIC);
REGEXP.test = function (text) {
  return test(this, text);
};
const MAP = table(RealMap.prototype, DYNAMIC);
const SET = table(RealSet.prototype, DYNAMIC);
const BUFFER = table(Buffer.prototype, DYNAMIC);
const BYTES = table(Uint8Array.prototype, DYNAMIC);
const BufferPrototype = Buffer.prototype;

function methodsOf(receiver) {
  if (typeof receiver === 'string') return STRING;
  if (typeof receiver === 'number') return NUMBER;
  if (typeof receiver === 'function') return FUNCTION;
  if (typeof receiver !== 'object' || receiver === null) return undefined;
  if (isArray(receiver)) return ARRAY;
  if (isMap(receiver)) return MAP;
  if (isSet(receiver)) return SET;
  if (isRegExp(receiver)) return REGEXP;
  if (!isTypedArray(receiver)) return undefined;
  return getPrototypeOf(receiver) === BufferPrototype ? BUFFER : BYTES;
}

/** `receiver[name](…args)`, where nothing is known of the receiver. */
function invoke(receiver, name, ...args) {
  const known = methodsOf(receiver);
  if (known === STRING) harden(args[0]);
  const isOwn = known !== undefined && known !== STRING && known !== NUMBER && hasOwn(receiver, name);
  return apply((isOwn ? undefined : known?.[name]) ?? receiver[name], receiver, args);
}

module.exports = {
  iterate,
  next,
  list,
  maybe,
  newMap,
  newSet,
  newWeakMap,
  newWeakSet,
  test,
  harden,
  assign,
  promiseThen,
  promiseCatch,
  promiseFinally,
  promiseAll,
  promiseAllSettled,
  promiseRace,
  invoke,
  /* TAKEN */
};
