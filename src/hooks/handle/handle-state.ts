/**
 * State of a handle, stored on the handle itself, as Node stores its own. An entry of a WeakMap would survive its key
 * until a full collection, and the map would grow meanwhile.
 */
export class HandleState<T> {
  readonly #key: symbol;

  constructor(description: string) {
    this.#key = Symbol(`v6only ${description}`);
  }

  get(handle: object): T | undefined {
    return (handle as Record<symbol, T | undefined>)[this.#key];
  }

  set(handle: object, value: T): void {
    (handle as Record<symbol, T>)[this.#key] = value;
  }
}
