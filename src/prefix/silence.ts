import { monotonicMs } from '../address/monotonic-clock';

/** How many datagrams, over how long a time (ms) from the second on, must have had no answer before another is sent. */
export interface Unanswered {
  readonly datagrams: number;
  readonly forMs: number;
}

const UNANSWERED: Unanswered = { datagrams: 3, forMs: 2_000 };
/** Destinations remembered at most. */
const MAX_DESTINATIONS = 1024;

interface Destination {
  /** Datagrams since the last answer. */
  count: number;
  /** When the second of them was sent, in ms of the monotonic clock. */
  sinceMs: number;
  answers: boolean;
}

/** What never answered may be somebody who has nothing to answer: a log, a statistics server. */
export type Silent = 'no longer answers' | 'never answered';

/** Notices destinations of datagrams that do not answer. On the path of each datagram, so it does as little as it can. */
export class Silence {
  readonly #now: () => number;
  readonly #destinations = new Map<string, Destination>();

  readonly #limit: Unanswered;

  constructor(now: () => number = monotonicMs, limit = UNANSWERED) {
    this.#now = now;
    this.#limit = limit;
  }

  /** A datagram is sent. @returns how the destination is silent, where it has been for too long; then counts anew */
  sent(ipv6: string): Silent | undefined {
    const known = this.#destinations.get(ipv6);
    if (known === undefined) {
      if (this.#destinations.size >= MAX_DESTINATIONS) this.#destinations.clear();
      this.#destinations.set(ipv6, { count: 1, sinceMs: 0, answers: false });
      return undefined;
    }
    // From the second on: whoever answers each question has no clock to read.
    if (++known.count === 2) known.sinceMs = this.#now();
    if (known.count <= this.#limit.datagrams || this.#now() - known.sinceMs < this.#limit.forMs) return undefined;
    known.count = 0;
    return known.answers ? 'no longer answers' : 'never answered';
  }

  /** A datagram came from there. */
  heard(ipv6: string): void {
    const known = this.#destinations.get(ipv6);
    if (known === undefined) return;
    known.count = 0;
    known.answers = true;
  }
}
