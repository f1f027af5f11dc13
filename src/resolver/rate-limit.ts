import { monotonicMs } from '../address/monotonic-clock';
import { clientNetwork, isLoopback } from './client-network';

export interface RateLimitOptions {
  /** Responses for each client network. */
  readonly perSecond: number;
  /** Whether the loopback is exempt. Default false. */
  readonly exemptsLoopback?: boolean;
  /** Milliseconds. For tests. */
  readonly now?: () => number;
}

/**
 * - `answer`: within the rate
 * - `truncate`: an empty answer with TC. A genuine client asks again over TCP, which needs no limit because its source
 *   addresses cannot be forged.
 * - `drop`: no answer
 */
export type RateVerdict = 'answer' | 'truncate' | 'drop';

/** The size of a client network. An attacker can forge or own every address in it. */
const CLIENT_BITS = { ipv4: 24, ipv6: 56 } as const;
/** The number of remembered networks. The one that has been silent for longest is forgotten first. */
const MAX_NETWORKS = 10_000;

interface Bucket {
  /** Responses that may be sent at once. */
  tokens: number;
  filledAt: number;
  surplus: number;
}

/**
 * Response rate limiting over UDP: the source of a query may be forged, and the answer is larger than the query. Each
 * client network has a bucket with the responses of one second. Every second query above the rate gets a truncated
 * answer.
 */
export class RateLimit {
  readonly #perSecond: number;
  readonly #exemptsLoopback: boolean;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#perSecond = options.perSecond;
    this.#exemptsLoopback = options.exemptsLoopback ?? false;
    this.#now = options.now ?? monotonicMs;
  }

  /** Counts a response to `address`. */
  take(address: string): RateVerdict {
    if (this.#exemptsLoopback && isLoopback(address)) return 'answer';
    const bucket = this.#bucketOf(clientNetwork(address, CLIENT_BITS));
    if (bucket.tokens >= 1) {
      bucket.tokens--;
      return 'answer';
    }
    return ++bucket.surplus % 2 === 0 ? 'truncate' : 'drop';
  }

  #bucketOf(network: string): Bucket {
    const now = this.#now();
    const bucket = this.#buckets.get(network) ?? { tokens: this.#perSecond, filledAt: now, surplus: 0 };
    bucket.tokens = Math.min(this.#perSecond, bucket.tokens + ((now - bucket.filledAt) / 1000) * this.#perSecond);
    bucket.filledAt = now;
    // Delete first, so that the network that has been silent for longest comes first.
    this.#buckets.delete(network);
    this.#buckets.set(network, bucket);
    if (this.#buckets.size > MAX_NETWORKS) this.#buckets.delete(this.#buckets.keys().next().value as string);
    return bucket;
  }
}
