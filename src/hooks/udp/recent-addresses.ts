/** The number of entries in one generation. */
const SIZE = 1024;

/** Recently recorded values by address. Bounded: at least the last 1024 different entries are kept. */
export class Recent<V> {
  #current = new Map<string, V>();
  #before = new Map<string, V>();

  set(key: string, value: V): void {
    if (this.#current.size >= SIZE) {
      this.#before = this.#current;
      this.#current = new Map();
    }
    this.#current.set(key, value);
  }

  delete(key: string): void {
    this.#current.delete(key);
    this.#before.delete(key);
  }

  get(key: string): V | undefined {
    return this.#current.get(key) ?? this.#before.get(key);
  }
}
