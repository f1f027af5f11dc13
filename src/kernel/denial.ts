import { ipv4ToInteger } from '../address/ipv4';
import { ANSWER_LIFETIME_MS } from '../address/kernel';
import { monotonicMs } from '../address/monotonic-clock';
import { specialPurposeOf } from '../address/special-purpose';

/** The longest time for which a route that the network denied counts as absent. */
const DENIED_MS = 600_000;
const MAX_DESTINATIONS = 1024;

/**
 * The IPv4 destinations that the network has called unreachable although the kernel has a route. The answer holds until
 * addresses or routes change.
 */
export class Denial {
  readonly #table: () => string | undefined;
  #denied:
    | { readonly table: string | undefined; readonly untilMs: number; checkAtMs: number; isGeneral: boolean }
    | undefined;
  readonly #destinations = new Set<string>();

  /** @param table see `HostKernel.table` */
  constructor(table: () => string | undefined) {
    this.#table = table;
  }

  /**
   * @param isGeneral the same answer is to be expected for every destination of the Internet. Never so for a private or
   * reserved destination: a router may deny it although it forwards to the Internet.
   */
  add(ipv4: string, isGeneral: boolean): void {
    if (isGeneral && isOfInternet(ipv4)) {
      this.addAll();
      return;
    }
    if (!this.#isActive()) this.#begin(false);
    if (this.#destinations.size >= MAX_DESTINATIONS) this.#destinations.clear();
    this.#destinations.add(ipv4);
  }

  /** The general route leads nowhere. */
  addAll(): void {
    this.#begin(true);
  }

  end(): void {
    this.#denied = undefined;
    this.#destinations.clear();
  }

  /**
   * Whether `ipv4` counts as unreachable. A denied general route does not concern multicast and the limited broadcast, which
   * stay on the link, nor private destinations, which may have a route of their own.
   */
  concerns(ipv4: string): boolean {
    if (!this.#isActive()) return false;
    return this.#destinations.has(ipv4) || (this.#denied?.isGeneral === true && isOfInternet(ipv4));
  }

  #begin(isGeneral: boolean): void {
    const now = monotonicMs();
    this.#denied = {
      isGeneral,
      table: this.#table(),
      untilMs: now + DENIED_MS,
      checkAtMs: now + ANSWER_LIFETIME_MS,
    };
  }

  #isActive(): boolean {
    const denied = this.#denied;
    if (denied === undefined) return false;
    const now = monotonicMs();
    if (now < denied.checkAtMs) return true;
    denied.checkAtMs = now + ANSWER_LIFETIME_MS;
    if (now < denied.untilMs && isSameTable(this.#table(), denied.table)) return true;
    this.end();
    return false;
  }
}

/** Whether addresses and routes are those of before. An unreadable table does not mean that they changed. */
export function isSameTable(now: string | undefined, before: string | undefined): boolean {
  return now === undefined || before === undefined || now === before;
}

/** Whether an address is one of the Internet. Those for documentation and benchmarks count: test networks use them. */
export function isOfInternet(ipv4: string): boolean {
  const value = ipv4ToInteger(ipv4);
  const block = specialPurposeOf(value);
  return block === undefined || (block.kind === 'reserved' && value < CLASS_E);
}

/** 240.0.0.0/4 (RFC 1112 §4). */
const CLASS_E = 0xf0000000;
