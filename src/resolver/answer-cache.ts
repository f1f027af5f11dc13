import { monotonicMs } from '../address/monotonic-clock';

export interface AnswerCacheOptions {
  /** The least recently used entries are removed first. */
  readonly maxEntries: number;
  /** Seconds for which an expired entry is still returned, marked as stale. Default 0: it is not returned. */
  readonly staleSeconds?: number;
  /** Milliseconds. Default: a monotonic clock. */
  readonly now?: () => number;
}

interface Entry<V> {
  readonly value: V;
  readonly storedAt: number;
  readonly expiresAt: number;
  readonly octets: number;
}

export interface Cached<V> {
  readonly value: V;
  /** Whole seconds since the entry was stored. The remaining TTLs are shorter by this number. */
  readonly ageSeconds: number;
  /** Whether the entry has expired. It may then be used only if no server answers (RFC 8767). */
  readonly stale: boolean;
}

/** What an entry takes on average, of all that the entries may take. A large answer takes the place of several. */
const OCTETS_PER_ENTRY = 4096;
/** Of a cache with few entries: enough for a few of the largest answers. */
const MIN_OCTETS = 1024 * 1024;
/** What an entry takes besides its value. */
const ENTRY_OCTETS = 512;

/**
 * The store of every cache of answers here: bounded by entries and by octets, with a monotonic clock and least-recently-used eviction.
 * @isaacs/ttlcache does not fit: it has no clock to inject, and forgets expired entries.
 */
export class AnswerCache<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #maxEntries: number;
  readonly #maxOctets: number;
  readonly #staleMs: number;
  readonly #now: () => number;
  #octets = 0;

  constructor(options: AnswerCacheOptions) {
    this.#maxEntries = options.maxEntries;
    this.#maxOctets = Math.max(options.maxEntries * OCTETS_PER_ENTRY, MIN_OCTETS);
    this.#staleMs = (options.staleSeconds ?? 0) * 1000;
    this.#now = options.now ?? monotonicMs;
  }

  get(key: string): Cached<V> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const now = this.#now();
    if (now >= entry.expiresAt + this.#staleMs) {
      this.delete(key);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const ageSeconds = Math.floor((now - entry.storedAt) / 1000);
    return { value: entry.value, ageSeconds, stale: now >= entry.expiresAt };
  }

  /**
   * Stores `value` for `ttlSeconds`. With 0 seconds it is not stored.
   * @param size the memory that the value takes, in octets, roughly
   */
  set(key: string, value: V, ttlSeconds: number, size: number): void {
    this.delete(key);
    if (ttlSeconds <= 0) return;
    const storedAt = this.#now();
    const octets = size + ENTRY_OCTETS;
    this.#entries.set(key, { value, storedAt, expiresAt: storedAt + ttlSeconds * 1000, octets });
    this.#octets += octets;
    while (this.#entries.size > this.#maxEntries || this.#octets > this.#maxOctets) {
      this.delete(this.#entries.keys().next().value as string);
    }
  }

  delete(key: string): void {
    this.#octets -= this.#entries.get(key)?.octets ?? 0;
    this.#entries.delete(key);
  }
}
