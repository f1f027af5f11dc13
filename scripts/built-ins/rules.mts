// Which declaration of TypeScript's library is which property of which object of the language. A declaration is where the
// checker says that a property comes from; what is not listed here is nothing that a program could have replaced.

/** Interface → the object whose `prototype` has its methods. */
export const OWNERS: ReadonlyMap<string, string> = new Map([
  ['ReadonlyArray', 'Array'],
  ['ReadonlyMap', 'Map'],
  ['ReadonlySet', 'Set'],
  ['CallableFunction', 'Function'],
  ['NewableFunction', 'Function'],
  ...['Uint8Array', 'Uint16Array', 'Uint32Array', 'Int32Array', 'Float64Array'].map((name): [string, string] => [
    name,
    'TypedArray',
  ]),
  ...'Array ArrayBuffer Buffer DataView Date Error FinalizationRegistry Function Map Number Object Promise RegExp Set String'
    .split(' ')
    .map((name): [string, string] => [name, name]),
  ...'Symbol WeakMap WeakRef WeakSet'.split(' ').map((name): [string, string] => [name, name]),
]);

/** Objects whose own functions are used. TypeScript calls the interface of the first ones `NAMEConstructor`. */
export const STATICS: ReadonlySet<string> = new Set(
  'Array ArrayBuffer Buffer Date Error JSON Math Number Object Promise Reflect String Symbol Uint8Array Uint32Array Float64Array'.split(
    ' ',
  ),
);

/** Properties of them that are there to be set. */
export const SETTINGS: ReadonlySet<string> = new Set(['prepareStackTrace', 'stackTraceLimit']);

/** Properties that are accessors of a prototype. */
export const ACCESSORS: ReadonlySet<string> = new Set([
  'Map.size',
  'Set.size',
  'TypedArray.length',
  'Symbol.description',
]);

/** What has a helper of its own in runtime.cjs, since the function itself would call others by name. */
export const HELPERS: ReadonlyMap<string, string> = new Map([
  ['RegExp.test', 'test'],
  ['Promise.then', 'promiseThen'],
  ['Promise.catch', 'promiseCatch'],
  ['Promise.finally', 'promiseFinally'],
  ['PromiseConstructor.all', 'promiseAll'],
  ['PromiseConstructor.allSettled', 'promiseAllSettled'],
  ['PromiseConstructor.race', 'promiseRace'],
]);

/** Functions and constructors that iterate over their first argument. */
export const ITERATE: ReadonlySet<string> = new Set([
  'ArrayFrom',
  'ObjectFromEntries',
  'Uint8ArrayFrom',
  'Uint32ArrayFrom',
  'Float64ArrayFrom',
]);
export const COLLECTIONS: ReadonlySet<string> = new Set(['Map', 'Set', 'WeakMap', 'WeakSet']);

/** Methods of strings that call their first argument by a symbol, where it is a regular expression. */
export const BY_PATTERN: ReadonlySet<string> = new Set([
  'match',
  'matchAll',
  'replace',
  'replaceAll',
  'search',
  'split',
]);

/** Globals that stay as they are: they are no property of the global object, cannot be replaced, or load a module of Node's. */
export const NOT_TAKEN: ReadonlySet<string> = new Set(
  (
    'undefined NaN Infinity globalThis arguments require module exports __dirname __filename ' +
    'console AbortController structuredClone'
  ).split(' '),
);

/** What every object inherits: where Object.prototype is frozen, an assignment of such a property throws. */
export const INHERITED: ReadonlySet<string> = new Set(
  'constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf'.split(' '),
);

/** Methods that code without types may call on a value of the language's own. */
export const DYNAMIC: ReadonlySet<string> = new Set(
  (
    'apply bind call at charAt charCodeAt codePointAt concat endsWith every exec fill filter find findIndex flat flatMap forEach ' +
    'includes indexOf join keys lastIndexOf map match matchAll padEnd padStart pop push reduce repeat replace replaceAll reverse ' +
    'shift slice some sort splice split startsWith subarray substr substring test toFixed toLowerCase toString toUpperCase trim ' +
    'trimEnd unshift values get set has add delete clear hasOwnProperty'
  ).split(' '),
);

export const capital = (name: string): string => name[0].toUpperCase() + name.slice(1);
