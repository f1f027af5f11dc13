/** Takes a patch back. */
export type Undo = () => void;

type AnyFunction = (this: never, ...args: never[]) => unknown;

/**
 * Replaces `owner[key]` by what `wrap` makes of the real function. The one place of the project that assigns to what is
 * Node's.
 *
 * The undo is soft: where the patch is still on top, the property is as it was before; where somebody has wrapped it since,
 * it stays in the chain and passes through.
 */
export function patch<T extends object, K extends keyof T & string>(
  owner: T,
  key: K,
  wrap: (real: Extract<T[K], AnyFunction>) => Extract<T[K], AnyFunction>,
): Undo {
  const descriptor = Object.getOwnPropertyDescriptor(owner, key);
  const real = owner[key] as Extract<T[K], AnyFunction>;
  let current: AnyFunction = wrap(real);
  // Written as a method: Node's own methods have no `.prototype`, and its tests look.
  const { [key as string]: replacement } = {
    [key as string](this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(current, this as never, args as never[]);
    },
  } as Record<string, AnyFunction>;
  copyProperties(real, replacement as AnyFunction);
  Object.defineProperty(owner, key, {
    value: replacement,
    writable: true,
    configurable: true,
    enumerable: descriptor?.enumerable ?? true,
  });
  return () => {
    if (owner[key] !== (replacement as unknown)) current = real;
    else if (descriptor === undefined) delete owner[key];
    else Object.defineProperty(owner, key, descriptor);
  };
}

/** `name`, `length`, and the symbols that `util.promisify` looks for. */
function copyProperties(from: AnyFunction, to: AnyFunction): void {
  for (const key of Reflect.ownKeys(from)) {
    if (key === 'prototype') continue;
    const descriptor = Object.getOwnPropertyDescriptor(from, key);
    if (descriptor) Object.defineProperty(to, key, descriptor);
  }
}
