import { ANSWER_LIFETIME_MS } from '../address/kernel';
import { monotonicMs } from '../address/monotonic-clock';

/**
 * An answer of the kernel, kept for a moment. If the question could not be asked (no descriptor or memory is left), the
 * last answer stays valid and the next call asks again.
 */
export class Remembered<T> {
  readonly #ask: () => T | undefined;
  readonly #otherwise: T;
  #last: T | undefined;
  #untilMs = Number.NEGATIVE_INFINITY;

  /** @param otherwise the value to assume before the first answer */
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
}
