import { monotonicMs } from '../address/monotonic-clock';

export interface AnswerCacheOptions {
  /** The least recently used go first. */
  readonly maxEntries: number;
  /** How long an entry that has run out is still to be had, as a stale one; seconds, default 0: not at all. */
  readonly staleSeconds?: number;
  /** Milliseconds; default: a monotonic clock. */
  readonly now?: (() => number) | undefined;
}

interface Entry<V> {
  readonly value: V;
  readonly storedAt: number;
  readonly expiresAt: number;
}

export interface Cached<V> {
  readonly value: V;
  /** Whole seconds since it was stored: TTLs have run down by as much. */
  readonly ageSeconds: number;
  /** It has run out, and may serve only when no server answers (RFC 8767). */
  readonly stale: boolean;
}

/**
 * The store behind every cache of answers here: bounded, by a monotonic clock, the least recently used first to go. Not
 * @isaacs/ttlcache, which has no clock to inject and forgets what has run out.
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

  /** Keeps `value` for `ttlSeconds`; not at all where that is 0. */
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

  clear(): void {
    this.#entries.clear();
  }

  get size(): number {
    return this.#entries.size;
  }
}
