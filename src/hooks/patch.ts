/** Undoes a change. A second call has no effect. */
export type Undo = () => void;

type AnyFunction = (this: never, ...args: never[]) => unknown;

/** A patched property of Node's. */
export interface Patched {
  readonly owner: object;
  readonly key: string | symbol;
  /** The original property. Undefined if `owner` inherited it. */
  readonly before: PropertyDescriptor | undefined;
}

interface Change {
  readonly order: number;
  readonly undo: Undo;
  readonly before?: PropertyDescriptor | undefined;
}

/**
 * The patches, by owner. An owner may be short-lived (a child process), so it is not kept alive: its changes, whose
 * functions refer to it, are reachable only through it.
 */
const changes = new WeakMap<object, Map<string | symbol, Change>>();
const owners = new Set<WeakRef<object>>();
const collected = new FinalizationRegistry<WeakRef<object>>((owner) => owners.delete(owner));
/**
 * Replacements that were undone while other code had wrapped them → the original property. When that code removes its
 * wrapper, it restores our replacement, which then only calls the original. It must not be patched on top again and
 * again.
 */
const passedBy = new WeakMap<object, PropertyDescriptor | undefined>();
/** Other changes: subscriptions, environment variables. */
const others = new Set<Change>();
let nextOrder = 0;

/**
 * Replaces `owner[key]` by the function that `wrap` returns for the original. No other code of the project assigns to
 * properties of Node. Each key can be patched once.
 *
 * The undo is soft: if the patch is still on top, the original property is restored. If other code has wrapped it
 * since, the replacement stays and only calls the original.
 * @param undone called when the patch is undone. Like `owner`, what it refers to is not kept alive by this.
 */
export function patch<T extends object, K extends keyof T & (string | symbol)>(
  owner: T,
  key: K,
  wrap: (real: Extract<T[K], AnyFunction>) => Extract<T[K], AnyFunction>,
  undone?: () => void,
): Undo {
  dropPassedBy(owner, key);
  const real = functionOf(owner, key) as Extract<T[K], AnyFunction>;
  let current: AnyFunction = wrap(real);
  // A method definition, because Node's own methods have no `.prototype`, and Node's tests check that.
  const { [key as string]: replacement } = {
    [key as string](this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(current, this as never, args as never[]);
    },
  } as Record<string, AnyFunction>;
  copyProperties(real, replacement as AnyFunction);
  return replace(owner, key, replacement as AnyFunction, () => {
    current = real;
    undone?.();
  });
}

/** Patches each method of `owner` that `methods` has. */
export function patchMethods<T extends object>(owner: T, methods: Partial<T> & ThisType<T>): void {
  for (const key of Object.keys(methods) as (keyof T & string)[]) patch(owner, key, () => methods[key] as never);
}

/**
 * Replaces a class by one that differs only in identity, and whose constructor gets the arguments that `change`
 * returns.
 */
export function patchConstructor<T extends object>(
  owner: T,
  key: keyof T & string,
  change: (args: readonly unknown[]) => readonly unknown[],
): Undo {
  let current = change;
  dropPassedBy(owner, key);
  const real = functionOf(owner, key);
  const replacement: object = new Proxy(real, {
    // A null prototype, so that no property of Object.prototype acts as a trap.
    __proto__: null,
    construct: (_, args, target) =>
      Reflect.construct(real, current(args) as unknown[], target === replacement ? real : target) as object,
  } as ProxyHandler<typeof real>);
  const undoInner = replace(real.prototype as object, 'constructor', replacement, () => {});
  const undo = replace(owner, key, replacement, () => {
    current = (args) => args;
  });
  return () => {
    undo();
    undoInner();
  };
}

/** Makes `takeBack` call `undo`, in the reverse order of the changes. */
export function onTakeBack(undo: Undo): void {
  const change = {
    order: nextOrder++,
    undo: () => {
      others.delete(change);
      undo();
    },
  };
  others.add(change);
}

/**
 * Undoes every change, in reverse order.
 * @throws the first error, after everything else is undone
 */
export function takeBack(): void {
  const all = [...others, ...patchedBy(({ change }) => change)];
  const errors: unknown[] = [];
  for (const { undo } of all.sort((a, b) => b.order - a.order)) {
    try {
      undo();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** All current patches. */
export function patched(): readonly Patched[] {
  return patchedBy(({ owner, key, change }) => ({ owner, key, before: change.before }));
}

function patchedBy<T>(make: (one: { owner: object; key: string | symbol; change: Change }) => T): T[] {
  return [...owners].flatMap((reference) => {
    const owner = reference.deref();
    const list = owner === undefined ? [] : [...(changes.get(owner) ?? [])];
    return list.map(([key, change]) => make({ owner: owner as object, key, change }));
  });
}

function functionOf<T extends object>(owner: T, key: keyof T & (string | symbol)): AnyFunction {
  const real = owner[key];
  if (typeof real !== 'function') throw new TypeError(`${String(key)} is not a function`);
  return real as AnyFunction;
}

/** A property that other code has frozen cannot be restored. Its replacement then only calls the original. */
function restore(owner: object, key: string | symbol, before: PropertyDescriptor | undefined): void {
  if (before === undefined) Reflect.deleteProperty(owner, key);
  else Reflect.defineProperty(owner, key, plain(before));
}

function dropPassedBy(owner: object, key: string | symbol): void {
  const present = (owner as Record<string | symbol, unknown>)[key];
  if (typeof present === 'function' && passedBy.has(present)) restore(owner, key, passedBy.get(present));
}

function replace(owner: object, key: string | symbol, replacement: object, passThrough: () => void): Undo {
  const present = changesOf(owner);
  if (present.has(key)) throw new Error(`${String(key)} is patched already`);
  const before = Object.getOwnPropertyDescriptor(owner, key);
  const enumerable = before?.enumerable ?? true;
  const property = { __proto__: null, value: replacement, writable: true, configurable: true, enumerable };
  Object.defineProperty(owner, key, property as PropertyDescriptor);
  const change: Change = {
    order: nextOrder++,
    before,
    undo: () => {
      if (present.get(key) !== change) return;
      present.delete(key);
      passThrough();
      if ((owner as Record<string | symbol, unknown>)[key] === replacement) restore(owner, key, before);
      else passedBy.set(replacement, before);
    },
  };
  present.set(key, change);
  return change.undo;
}

function changesOf(owner: object): Map<string | symbol, Change> {
  let present = changes.get(owner);
  if (present === undefined) {
    present = new Map();
    changes.set(owner, present);
    const reference = new WeakRef(owner);
    owners.add(reference);
    collected.register(owner, reference);
  }
  return present;
}

/** Copies `name`, `length`, and the symbols that `util.promisify` looks for. */
function copyProperties(from: AnyFunction, to: AnyFunction): void {
  for (const key of Reflect.ownKeys(from)) {
    if (key === 'prototype') continue;
    const descriptor = Object.getOwnPropertyDescriptor(from, key);
    if (descriptor) Object.defineProperty(to, key, plain(descriptor));
  }
}

/** Without a prototype: a property that the program adds to Object.prototype must not become part of a descriptor. */
function plain(descriptor: PropertyDescriptor): PropertyDescriptor {
  return { __proto__: null, ...descriptor } as PropertyDescriptor;
}
