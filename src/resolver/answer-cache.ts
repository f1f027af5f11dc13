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
}

export interface Cached<V> {
  readonly value: V;
  /** Whole seconds since the entry was stored. The remaining TTLs are shorter by this number. */
  readonly ageSeconds: number;
  /** Whether the entry has expired. It may then be used only if no server answers (RFC 8767). */
  readonly stale: boolean;
}

/**
 * The store of every cache of answers here: bounded, with a monotonic clock and least-recently-used eviction.
 * @isaacs/ttlcache does not fit: it has no clock to inject, and forgets expired entries.
 */
export class AnswerCache<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #maxEntries: number;
  readonly #staleMs: number;
  readonly #now: () => number;

  constructor(options: AnswerCacheOptions) {
    this.#maxEntries = options.maxEntries;
    this.#staleMs = (options.staleSeconds ?? 0) * 1000;
    this.#now = options.now ?? monotonicMs;
  }

  get(key: string): Cached<V> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const now = this.#now();
    this.#entries.delete(key);
    if (now >= entry.expiresAt + this.#staleMs) return undefined;
    this.#entries.set(key, entry);
    const ageSeconds = Math.floor((now - entry.storedAt) / 1000);
    return { value: entry.value, ageSeconds, stale: now >= entry.expiresAt };
  }

  /** Stores `value` for `ttlSeconds`. With 0 seconds it is not stored. */
  set(key: string, value: V, ttlSeconds: number): void {
    this.#entries.delete(key);
    if (ttlSeconds <= 0) return;
    const storedAt = this.#now();
    this.#entries.set(key, { value, storedAt, expiresAt: storedAt + ttlSeconds * 1000 });
    if (this.#entries.size > this.#maxEntries) this.delete(this.#entries.keys().next().value as string);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
