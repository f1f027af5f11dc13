/** How many addresses one generation has. */
const SIZE = 1024;

/** Addresses that were used lately. Bounded: of what is added, at least the last 1024 different ones are known. */
export class RecentAddresses {
  #current = new Set<string>();
  #before = new Set<string>();

  add(address: string): void {
    if (this.#current.size >= SIZE) {
      this.#before = this.#current;
      this.#current = new Set();
    }
    this.#current.add(address);
  }

  has(address: string): boolean {
    return this.#current.has(address) || this.#before.has(address);
  }
}
