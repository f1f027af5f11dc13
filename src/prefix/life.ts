import { monotonicMs } from '../address/monotonic-clock';
import { isOutOfResources } from '../report/out-of-resources';
import type { Ask, SourceAnswer } from './source';

/**
 * - `unknown`: nothing has needed a prefix yet, or the first answer is pending
 * - `learned`: the network named at least one
 * - `none`: the network answered, and named none
 * - `silent`: no source answered
 */
export type LifeState = 'unknown' | 'learned' | 'none' | 'silent';

export interface LifeOptions {
  readonly ask: Ask;
  /** Called when the prefixes or their source change. RFC 7050 §3: all are used, in the order received. */
  readonly onChange?: (answer: SourceAnswer) => void;
  /**
   * Called when an answer has arrived, or is known not to come.
   * @param asked false: the process was out of descriptors, so that nothing is known of the network
   */
  readonly onSettled?: (asked: boolean) => void;
  /** Milliseconds of a monotonic clock. For tests. */
  readonly now?: () => number;
  /**
   * Calls back after a delay in milliseconds, without keeping the process alive. Returns a function that cancels. For
   * tests.
   */
  readonly setTimer?: (callback: () => void, delayMs: number) => () => void;
}

/** The shortest time between two queries that a need causes. */
export const ASK_AGAIN_MS = 5_000;
/** The shortest time between two scheduled queries, whatever the TTL is. */
const MIN_INTERVAL_MS = 1_000;
const MAX_BACK_OFF_MS = 60_000;
/** RFC 7050 §3: refresh this long before the TTL ends. */
const REFRESH_BEFORE_MS = 10_000;
/** How long an answer without a lifetime is valid. */
const DEFAULT_HOLD_MS = 300_000;
/** A router may withdraw its prefix at any time (RFC 8781 §4.1, lifetime 0). Asking networkd takes a millisecond. */
const ROUTER_HOLD_MS = 300_000;
/** One day. setTimeout fires at once for a delay that does not fit in 31 bits. */
const MAX_HOLD_MS = 86_400_000;

const NOTHING: SourceAnswer = { source: 'discovery', prefixes: [], holdsMs: undefined, ends: false };

/**
 * The life cycle of the network's answer about its NAT64: unknown → queried → learned → doubted → queried again →
 * replaced or kept. Sends no query before a prefix is needed, and does not keep the process alive.
 */
export class PrefixLife {
  readonly #options: LifeOptions;
  readonly #now: () => number;
  readonly #setTimer: NonNullable<LifeOptions['setTimer']>;
  #state: LifeState = 'unknown';
  #answer = NOTHING;
  #expiresAtMs = Number.POSITIVE_INFINITY;
  #running: AbortController | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #wasAwaited = false;
  #failures = 0;
  /** A way under a prefix failed, and none has worked since the network was last asked. */
  #doubted = false;
  /** A way worked since the network named these prefixes. */
  #proven = false;
  /** How often the network has given the same answer while nothing worked. */
  #repeated = 0;
  #askAgainMs = ASK_AGAIN_MS;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#now = options.now ?? monotonicMs;
    this.#setTimer = options.setTimer ?? setUnrefTimer;
  }

  get state(): LifeState {
    return this.#state;
  }

  /** Whether a success would change anything. */
  get wantsProof(): boolean {
    return !this.#proven || this.#doubted;
  }

  /**
   * Whether to ask again as soon as a prefix is needed. An answer of "none" is valid for its TTL (RFC 7050 §3) once a
   * connection through the well-known prefix has worked. Before that it may come from a resolver that has only just
   * started.
   */
  get isDoubted(): boolean {
    if (this.#doubted || this.#state === 'silent' || this.#now() >= this.#expiresAtMs) return true;
    return this.#state === 'none' && !this.#proven;
  }

  /**
   * Called when a prefix is needed. Asks the network if it was never asked, or if its answer is in doubt.
   * @param isAwaited a call waits. The network is asked at once if so far nobody has waited for its answer
   */
  need(isAwaited = false): void {
    if (this.#running !== undefined || this.#stopped) return;
    const isFirst = this.#askedAtMs === Number.NEGATIVE_INFINITY || (isAwaited && !this.#wasAwaited);
    if (!isFirst && !(this.isDoubted && this.#now() - this.#askedAtMs >= this.#askAgainMs)) return;
    this.#wasAwaited ||= isAwaited;
    this.#ask();
  }

  /**
   * A way under a prefix failed, so the network is asked again (RFC 7050 §3.2).
   * @param weakly the failure is a missing answer, which is normal for some protocols: while the network repeats its
   * answer, the queries become rarer
   */
  doubt(weakly = false): void {
    this.#doubted = true;
    this.#askAgainMs = weakly ? Math.min(ASK_AGAIN_MS * 2 ** this.#repeated, MAX_BACK_OFF_MS) : ASK_AGAIN_MS;
    this.need();
  }

  /** A way under a prefix worked. */
  trust(): void {
    this.#doubted = false;
    this.#proven = true;
    this.#repeated = 0;
    this.#askAgainMs = ASK_AGAIN_MS;
  }

  /** Ends all queries. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#running?.abort();
  }

  #ask(): void {
    this.#cancelTimer?.();
    this.#askedAtMs = this.#now();
    const controller = new AbortController();
    this.#running = controller;
    const end = (act: () => void, asked = true) => {
      this.#running = undefined;
      if (this.#stopped) return;
      act();
      // The next need asks at once.
      if (!asked) this.#askedAtMs = Number.NEGATIVE_INFINITY;
      this.#options.onSettled?.(asked);
    };
    this.#options.ask(controller.signal).then(
      (answer) => end(() => this.#heard(answer)),
      (error: unknown) => end(() => this.#heardNothing(), !isOutOfResources(error)),
    );
  }

  #heard(answer: SourceAnswer): void {
    const old = this.#answer;
    this.#failures = 0;
    this.#doubted = false;
    this.#state = answer.prefixes.length > 0 ? 'learned' : 'none';
    this.#answer = answer;
    const most = answer.source === 'router' ? ROUTER_HOLD_MS : MAX_HOLD_MS;
    const holdsMs = Math.min(answer.holdsMs ?? DEFAULT_HOLD_MS, MAX_HOLD_MS);
    this.#expiresAtMs = this.#now() + Math.max(holdsMs, MIN_INTERVAL_MS);
    if (isSameAnswer(old, answer)) this.#repeated++;
    else {
      this.#proven = false;
      this.#repeated = 0;
      this.#options.onChange?.(answer);
    }
    // RFC 7050 §3: a negative answer is used until it expires. A positive one is refreshed before.
    this.#schedule(Math.min(this.#state === 'learned' ? holdsMs - REFRESH_BEFORE_MS : holdsMs, most));
  }

  #heardNothing(): void {
    // A learned prefix stays in use: an unreachable name server proves nothing about the NAT64. It ends with its
    // lifetime.
    const isOver = this.#answer.ends && this.#now() >= this.#expiresAtMs;
    if (this.#state !== 'learned' || isOver) this.#state = 'silent';
    if (isOver) {
      this.#answer = NOTHING;
      this.#options.onChange?.(NOTHING);
    }
    this.#schedule(Math.min(MIN_INTERVAL_MS * 2 ** this.#failures++, MAX_BACK_OFF_MS));
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer = this.#setTimer(() => this.#ask(), Math.max(delayMs, MIN_INTERVAL_MS));
  }
}

function isSameAnswer(a: SourceAnswer, b: SourceAnswer): boolean {
  return a.source === b.source && a.prefixes.map(String).join() === b.prefixes.map(String).join();
}

function setUnrefTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs).unref();
  return () => clearTimeout(timer);
}
