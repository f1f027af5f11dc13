/**
 * What is known of a handle, kept on it as Node keeps what is its own there. An entry of a WeakMap outlives its key until a full
 * collection, and the map grows meanwhile.
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
