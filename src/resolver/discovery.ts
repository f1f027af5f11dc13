import type { Pref64 } from '../address/pref64';
import type { DiscoveryAnswer, DiscoveryQuery } from './discovery-query';
import { findPrefixes, isSamePrefix } from './find-prefixes';

/**
 * - `idle`: nobody has needed a prefix yet
 * - `searching`: the first query is under way
 * - `found`: there is a prefix
 * - `none`: the network answered, and has none
 * - `unreachable`: no answer; asked again with back-off
 */
export type DiscoveryState = 'idle' | 'searching' | 'found' | 'none' | 'unreachable';

export interface DiscoveryOptions {
  readonly query: DiscoveryQuery;
  /** Called with the prefixes whenever they change. */
  readonly onChange?: (prefixes: readonly Pref64[]) => void;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
  /** Calls back after a delay in milliseconds, without keeping the process alive; returns what cancels it. For tests. */
  readonly setTimer?: (callback: () => void, delayMs: number) => () => void;
}

/** RFC 7050 §3: refresh this long before the TTL ends. */
const REFRESH_BEFORE_MS = 10_000;
/** The least time between two queries of our own accord, whatever the TTL says. */
const MIN_INTERVAL_MS = 1_000;
const MAX_BACK_OFF_MS = 60_000;
/** How long an answer holds that does not say so itself. */
const DEFAULT_TTL_SECONDS = 300;
/** A day. setTimeout fires at once for what does not fit 31 bits. */
const MAX_TTL_SECONDS = 86_400;

/** Learns the network's NAT64 prefixes and keeps them fresh (RFC 7050). Asks nothing before it is needed. */
export class PrefixDiscovery {
  readonly #query: DiscoveryQuery;
  readonly #onChange: (prefixes: readonly Pref64[]) => void;
  readonly #now: () => number;
  readonly #setTimer: NonNullable<DiscoveryOptions['setTimer']>;
  #state: DiscoveryState = 'idle';
  #prefixes: readonly Pref64[] = [];
  #running: Promise<void> | undefined;
  #startedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #cancelTimer: (() => void) | undefined;
  #waiting = new Set<() => void>();
  #stopped = false;

  constructor(options: DiscoveryOptions) {
    this.#query = options.query;
    this.#onChange = options.onChange ?? (() => {});
    this.#now = options.now ?? Date.now;
    this.#setTimer = options.setTimer ?? setUnrefTimer;
  }

  get state(): DiscoveryState {
    return this.#state;
  }

  /** What is known now, in the order received (RFC 7050 §3: all of them are used, in that order). */
  prefixes(): readonly Pref64[] {
    return this.#prefixes;
  }

  /**
   * The prefixes, as soon as the network has said what they are; starts the search where nobody has. After `deadlineMs`,
   * which do keep the process alive, what is known by then: maybe nothing.
   */
  async ready(deadlineMs: number): Promise<readonly Pref64[]> {
    if (this.#state === 'idle') void this.#search(false);
    if (!this.#isDecided() && !this.#stopped) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, deadlineMs);
        this.#waiting.add(done);
      });
    }
    return this.#prefixes;
  }

  /**
   * Asks anew, whatever TTL is left: the network seems to have changed (RFC 7050 §3.2). What is known stays until the
   * answer is there. Calls that follow each other within a second are one.
   */
  async rediscover(): Promise<readonly Pref64[]> {
    if (this.#running === undefined && this.#now() - this.#startedAt >= MIN_INTERVAL_MS) void this.#search(false);
    await this.#running;
    return this.#prefixes;
  }

  /** No more queries; whoever waits is let go. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#release();
  }

  #isDecided(): boolean {
    return this.#state === 'found' || this.#state === 'none';
  }

  #search(background: boolean): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#running ??= this.#searchOnce(background).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #searchOnce(background: boolean): Promise<void> {
    this.#cancelTimer?.();
    this.#startedAt = this.#now();
    if (this.#state === 'idle') this.#state = 'searching';
    let answer: DiscoveryAnswer;
    try {
      answer = await this.#query(background);
    } catch {
      // What was found stays in use: a name server that is out of reach says nothing about the NAT64.
      if (!this.#isDecided()) this.#state = 'unreachable';
      const backOffMs = Math.min(MIN_INTERVAL_MS * 2 ** this.#failures++, MAX_BACK_OFF_MS);
      this.#scheduleSearch(backOffMs);
      return;
    }
    this.#failures = 0;
    const prefixes = findPrefixes(answer.addresses);
    this.#settle(prefixes.length > 0 ? 'found' : 'none', prefixes);
    const ttlMs = Math.min(answer.ttlSeconds ?? DEFAULT_TTL_SECONDS, MAX_TTL_SECONDS) * 1000;
    // RFC 7050 §3: a negative answer is obeyed to its end, a positive one refreshed before.
    this.#scheduleSearch(prefixes.length > 0 ? ttlMs - REFRESH_BEFORE_MS : ttlMs);
  }

  #settle(state: DiscoveryState, prefixes: readonly Pref64[]): void {
    const old = this.#prefixes;
    this.#state = state;
    this.#prefixes = prefixes;
    const same = old.length === prefixes.length && old.every((p, i) => isSamePrefix(p, prefixes[i] as Pref64));
    if (!same) this.#onChange(prefixes);
    this.#release();
  }

  #release(): void {
    for (const done of [...this.#waiting]) done();
  }

  #scheduleSearch(delayMs: number): void {
    if (this.#stopped) return;
    // Whoever waits in `ready` keeps the process alive by his deadline; the queries of a refresh must not.
    const run = () => void this.#search(this.#waiting.size === 0);
    this.#cancelTimer = this.#setTimer(run, Math.max(delayMs, MIN_INTERVAL_MS));
  }
}

function setUnrefTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs).unref();
  return () => clearTimeout(timer);
}
