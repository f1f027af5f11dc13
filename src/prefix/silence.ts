import { monotonicMs } from '../address/monotonic-clock';

/** How many datagrams must have had no answer before a destination counts as silent. */
const UNANSWERED = 3;
/** And for how many milliseconds since the second one. */
const UNANSWERED_MS = 2_000;
/** The maximum number of remembered destinations. */
const MAX_DESTINATIONS = 1024;

interface Destination {
  /** Datagrams since the last answer. */
  count: number;
  /** When the second one was sent, in ms of the monotonic clock. */
  sinceMs: number;
  answers: boolean;
}

/** A destination that has never answered may have nothing to answer, such as a log or statistics server. */
export type Silent = 'no longer answers' | 'never answered';

/** Detects destinations that do not answer datagrams. It runs for each datagram, so it does as little as possible. */
export class Silence {
  readonly #now: () => number;
  readonly #destinations = new Map<string, Destination>();

  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /**
   * A datagram is sent. @returns why the destination counts as silent, and starts a new count; undefined if it does not
   */
  sent(ipv6: string): Silent | undefined {
    const known = this.#destinations.get(ipv6);
    if (known === undefined) {
      if (this.#destinations.size >= MAX_DESTINATIONS) this.#destinations.clear();
      this.#destinations.set(ipv6, { count: 1, sinceMs: 0, answers: false });
      return undefined;
    }
    // The clock is read from the second datagram on, so a destination that answers each datagram costs no clock call.
    if (++known.count === 2) known.sinceMs = this.#now();
    if (known.count <= UNANSWERED || this.#now() - known.sinceMs < UNANSWERED_MS) return undefined;
    known.count = 0;
    return known.answers ? 'no longer answers' : 'never answered';
  }

  /** A datagram arrived from this address. */
  heard(ipv6: string): void {
    const known = this.#destinations.get(ipv6);
    if (known === undefined) return;
    known.count = 0;
    known.answers = true;
  }
}
