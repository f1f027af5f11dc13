import { monotonicMs } from '../address/monotonic-clock';
import type { Pref64 } from '../address/pref64';
import type { Ask, SourceAnswer } from './source';

/**
 * - `unknown`: nobody has needed a prefix yet, or the first answer is still to come
 * - `learned`: the network named at least one
 * - `none`: the network answered, and named none
 * - `silent`: nobody answered
 */
export type LifeState = 'unknown' | 'learned' | 'none' | 'silent';

export interface LifeOptions {
  readonly ask: Ask;
  /** Called when the prefixes or their source change. */
  readonly onChange?: (answer: SourceAnswer) => void;
  /** Called when the first answer is there, or known not to come. */
  readonly onSettled?: () => void;
  /** Milliseconds of a monotonic clock; for tests. */
  readonly now?: () => number;
  /** Calls back after a delay in milliseconds, without keeping the process alive; returns what cancels it. For tests. */
  readonly setTimer?: (callback: () => void, delayMs: number) => () => void;
}

/** The least time between two questions that a need causes. */
export const ASK_AGAIN_MS = 5_000;
/** The least time between two questions of our own accord, whatever the TTL says. */
const MIN_INTERVAL_MS = 1_000;
const MAX_BACK_OFF_MS = 60_000;
/** RFC 7050 §3: refresh this long before the TTL ends. */
const REFRESH_BEFORE_MS = 10_000;
/** How long an answer holds that does not say so itself. */
const DEFAULT_HOLD_MS = 300_000;
/** A router may withdraw its prefix at any time (RFC 8781 §4.1, lifetime 0); asking networkd costs a millisecond. */
const ROUTER_HOLD_MS = 300_000;
/** A day. setTimeout fires at once for what does not fit 31 bits. */
const MAX_HOLD_MS = 86_400_000;

const NOTHING: SourceAnswer = { source: 'discovery', prefixes: [], holdsMs: undefined, ends: false };

/**
 * The life of what the network says about its NAT64: unknown → asked → learned → doubted → asked again → replaced or kept.
 * Asks nothing before it is needed; keeps nothing alive.
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
  #failures = 0;
  /** A way under a prefix failed, and none has worked since the network was asked. */
  #doubted = false;
  /** A way worked since the network named these prefixes. */
  #proven = false;
  /** How often the network has repeated itself while nothing worked. */
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

  /** What the network named, in the order received (RFC 7050 §3: all of them are used, in that order). */
  get prefixes(): readonly Pref64[] {
    return this.#answer.prefixes;
  }

  /** Whether a success would change anything. */
  get wantsProof(): boolean {
    return !this.#proven || this.#doubted;
  }

  /**
   * Whether to ask again as soon as something needs a prefix. An answer of "none" is obeyed for its TTL (RFC 7050 §3) once
   * the well-known prefix has carried something; before that nothing says that the answer is more than a resolver that has
   * just started.
   */
  get isDoubted(): boolean {
    if (this.#doubted || this.#state === 'silent' || this.#now() >= this.#expiresAtMs) return true;
    return this.#state === 'none' && !this.#proven;
  }

  /** Something needs a prefix now: asks where nobody has, or where what is known is in doubt. */
  need(): void {
    if (this.#running !== undefined || this.#stopped) return;
    if (this.#askedAtMs === Number.NEGATIVE_INFINITY) this.#ask();
    else if (this.isDoubted && this.#now() - this.#askedAtMs >= this.#askAgainMs) this.#ask();
  }

  /**
   * A way under a prefix failed: the network is asked again (RFC 7050 §3.2).
   * @param weakly silence, which some protocols are natural with: while the network repeats itself the questions grow rare
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

  /** No more questions. */
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
    const end = (act: () => void) => {
      this.#running = undefined;
      if (this.#stopped) return;
      act();
      this.#options.onSettled?.();
    };
    this.#options.ask(controller.signal).then(
      (answer) => end(() => this.#heard(answer)),
      () => end(() => this.#heardNothing()),
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
    // RFC 7050 §3: a negative answer is obeyed to its end, a positive one refreshed before.
    this.#schedule(Math.min(this.#state === 'learned' ? holdsMs - REFRESH_BEFORE_MS : holdsMs, most));
  }

  #heardNothing(): void {
    // What was learned stays in use: a name server that is out of reach says nothing about the NAT64. Unless its time is up.
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
