import { ANSWER_LIFETIME_MS } from '../address/kernel';
import { monotonicMs } from '../address/monotonic-clock';

/**
 * An answer of the kernel, kept for a moment. A question that could not be asked (no descriptor or memory is left) is no
 * answer: the last one holds then, and nothing is kept.
 */
export class Remembered<T> {
  readonly #ask: () => T | undefined;
  readonly #otherwise: T;
  #last: T | undefined;
  #untilMs = Number.NEGATIVE_INFINITY;

  /** @param otherwise what is assumed while there has been no answer yet */
  constructor(ask: () => T | undefined, otherwise: T) {
    this.#ask = ask;
    this.#otherwise = otherwise;
  }

  get(): T {
    const now = monotonicMs();
    if (this.#untilMs <= now) {
      const answer = this.#ask();
      if (answer !== undefined) {
        this.#last = answer;
        this.#untilMs = now + ANSWER_LIFETIME_MS;
      }
    }
    return this.#last ?? this.#otherwise;
  }

  /** Asks anew at the next occasion. */
  forget(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }
}
