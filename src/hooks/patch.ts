/** Takes a change back; a second call has no effect. */
export type Undo = () => void;

type AnyFunction = (this: never, ...args: never[]) => unknown;

/** One property of Node's that is replaced. */
export interface Patched {
  readonly owner: object;
  readonly key: string | symbol;
  /** The property as it was; undefined where `owner` inherited it. */
  readonly before: PropertyDescriptor | undefined;
}

interface Change {
  readonly order: number;
  readonly undo: Undo;
  readonly before?: PropertyDescriptor | undefined;
}

/**
 * What is patched, by owner. An owner may be short-lived (a child process): it is not kept, and a change, whose functions lead
 * to it, hangs on it alone.
 */
const changes = new WeakMap<object, Map<string | symbol, Change>>();
const owners = new Set<WeakRef<object>>();
const collected = new FinalizationRegistry<WeakRef<object>>((owner) => owners.delete(owner));
/**
 * Replacements that were taken back while somebody had wrapped them → the property as it had been. Whoever wrapped one puts it
 * back in the end: it passes through then, and must not be patched over again and again.
 */
const passedBy = new WeakMap<object, PropertyDescriptor | undefined>();
/** What was changed besides: subscriptions, the environment. */
const others = new Set<Change>();
let nextOrder = 0;

/**
 * Replaces `owner[key]` by what `wrap` makes of the real function, which may be any function, a method or not. The one place
 * of the project that assigns to what is Node's; each key can be patched once.
 *
 * The undo is soft: where the patch is still on top, the property is as it was before; where somebody has wrapped it since,
 * it stays in the chain and passes through.
 */
export function patch<T extends object, K extends keyof T & (string | symbol)>(
  owner: T,
  key: K,
  wrap: (real: Extract<T[K], AnyFunction>) => Extract<T[K], AnyFunction>,
): Undo {
  dropPassedBy(owner, key);
  const real = functionOf(owner, key) as Extract<T[K], AnyFunction>;
  let current: AnyFunction = wrap(real);
  // Written as a method: Node's own methods have no `.prototype`, and its tests look.
  const { [key as string]: replacement } = {
    [key as string](this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(current, this as never, args as never[]);
    },
  } as Record<string, AnyFunction>;
  copyProperties(real, replacement as AnyFunction);
  return replace(owner, key, replacement as AnyFunction, () => {
    current = real;
  });
}

/** Replaces a class by one that is told apart by identity alone, and whose constructor gets the arguments that `change` makes of its own. */
export function patchConstructor<T extends object>(
  owner: T,
  key: keyof T & string,
  change: (args: readonly unknown[]) => readonly unknown[],
): Undo {
  let current = change;
  dropPassedBy(owner, key);
  const real = functionOf(owner, key);
  const replacement: object = new Proxy(real, {
    // So that nothing in Object.prototype is a trap.
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

/** Has `undo` run by `takeBack`, in its turn. */
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

/** Undoes every change, the last one first. */
export function takeBack(): void {
  const all = [...others, ...patchedBy(({ change }) => change)];
  for (const { undo } of all.sort((a, b) => b.order - a.order)) undo();
}

/** What is patched now. */
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

/** What cannot be restored, since somebody has frozen it, passes through. */
function restore(owner: object, key: string | symbol, before: PropertyDescriptor | undefined): void {
  if (before === undefined) Reflect.deleteProperty(owner, key);
  else Reflect.defineProperty(owner, key, before);
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
  Object.defineProperty(owner, key, { value: replacement, writable: true, configurable: true, enumerable });
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

/** `name`, `length`, and the symbols that `util.promisify` looks for. */
function copyProperties(from: AnyFunction, to: AnyFunction): void {
  for (const key of Reflect.ownKeys(from)) {
    if (key === 'prototype') continue;
    const descriptor = Object.getOwnPropertyDescriptor(from, key);
    if (descriptor) Object.defineProperty(to, key, descriptor);
  }
}
