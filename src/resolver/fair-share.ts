/**
 * A number of places that clients share. A client may hold as many as are free, so that n clients that want all leave
 * one part in n + 1 to the others (Choudhury and Hahne, "Dynamic Queue Length Thresholds").
 */
export class FairShare {
  readonly #places: number;
  readonly #held = new Map<string, number>();
  #taken = 0;

  constructor(places: number) {
    this.#places = places;
  }

  get taken(): number {
    return this.#taken;
  }

  /** @returns a function that gives the place back. Undefined if the client gets none. */
  take(client: string): (() => void) | undefined {
    const held = this.#held.get(client) ?? 0;
    if (held >= this.#places - this.#taken) return undefined;
    this.#taken++;
    this.#held.set(client, held + 1);
    return () => {
      this.#taken--;
      const left = (this.#held.get(client) as number) - 1;
      if (left > 0) this.#held.set(client, left);
      else this.#held.delete(client);
    };
  }
}
