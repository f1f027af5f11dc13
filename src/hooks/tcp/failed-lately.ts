import { monotonicMs } from '../../address/monotonic-clock';

/** How long a failure is remembered. */
const REMEMBERED_MS = 600_000;
const MAX_REMEMBERED = 1024;

/** The destinations, or names, that a way has failed to reach lately. */
export class FailedLately {
  /** Destination → until when (ms) it counts. */
  readonly #untilMs = new Map<string, number>();

  has(destination: string): boolean {
    return (this.#untilMs.get(destination) ?? 0) > monotonicMs();
  }

  add(destination: string): void {
    if (this.#untilMs.size >= MAX_REMEMBERED) this.#untilMs.clear();
    this.#untilMs.set(destination, monotonicMs() + REMEMBERED_MS);
  }

  delete(destination: string): void {
    this.#untilMs.delete(destination);
  }

  clear(): void {
    this.#untilMs.clear();
  }

  get size(): number {
    return this.#untilMs.size;
  }
}
