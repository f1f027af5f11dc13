import { monotonicMs } from './clock';
import { type IPv4Range, integerToIPv4, ipv4ToInteger, parseIPv4Range } from './ipv4';

interface Entry {
  readonly ipv4: number;
  readonly ipv6: string;
  /** Until then (milliseconds of the given clock) the address is not given to another. */
  heldUntilMs: number;
  /** How many sockets use it now. */
  users: number;
}

/** RFC 6535 §4.4: keep an entry long after the TTL of the answer it came from. */
const MIN_HOLD_MS = 600_000;

/**
 * The synthetic pool of RFC 6535 §2.4: IPv4 addresses, meaningful in this process alone, that stand for IPv6 addresses.
 * Bounded; least recently used entries make room, but never one that a socket uses or that was given out lately.
 */
export class Pool {
  readonly #range: IPv4Range;
  readonly #capacity: number;
  readonly #now: () => number;
  readonly #byIPv6 = new Map<string, Entry>();
  readonly #byIPv4 = new Map<number, Entry>();
  #next: number;

  /**
   * @param network CIDR, of which the first and the last address are not used
   * @param capacity how many addresses may be in use at once (RFC 6535 §6.3: memory must be bounded)
   * @param now milliseconds of a monotonic clock
   */
  constructor(network: string, capacity = 65_534, now: () => number = monotonicMs) {
    this.#range = parseIPv4Range(network);
    this.#capacity = Math.min(capacity, this.#range.last - this.#range.first - 1);
    this.#now = now;
    this.#next = this.#range.first + 1;
  }

  contains(ipv4: string | number): boolean {
    const value = typeof ipv4 === 'number' ? ipv4 : ipv4ToInteger(ipv4);
    return value >= this.#range.first && value <= this.#range.last;
  }

  /** The IPv6 address that a pool address stands for, or undefined. */
  toIPv6(ipv4: string): string | undefined {
    const entry = this.#byIPv4.get(ipv4ToInteger(ipv4));
    if (entry) this.#touch(entry);
    return entry?.ipv6;
  }

  /** The pool address that already stands for `ipv6`, or undefined. */
  find(ipv6: string): string | undefined {
    const entry = this.#byIPv6.get(ipv6);
    return entry && integerToIPv4(entry.ipv4);
  }

  /**
   * The pool address that stands for `ipv6`, a new one where there is none yet; undefined when every address is held.
   * @param ttlSeconds of the DNS answer that it is given out in
   */
  assign(ipv6: string, ttlSeconds = 0): string | undefined {
    const holdMs = this.#now() + Math.max(ttlSeconds * 1000, MIN_HOLD_MS);
    const known = this.#byIPv6.get(ipv6);
    if (known) {
      known.heldUntilMs = Math.max(known.heldUntilMs, holdMs);
      this.#touch(known);
      return integerToIPv4(known.ipv4);
    }
    const ipv4 = this.#free();
    if (ipv4 === undefined) return undefined;
    const entry = { ipv4, ipv6, heldUntilMs: holdMs, users: 0 };
    this.#byIPv6.set(ipv6, entry);
    this.#byIPv4.set(ipv4, entry);
    return integerToIPv4(ipv4);
  }

  /** A socket uses this address from now on; the result ends that. */
  use(ipv4: string): () => void {
    const entry = this.#byIPv4.get(ipv4ToInteger(ipv4));
    if (!entry) return () => {};
    entry.users++;
    return () => {
      entry.users--;
    };
  }

  get size(): number {
    return this.#byIPv4.size;
  }

  #free(): number | undefined {
    if (this.#byIPv4.size >= this.#capacity) return this.#evict();
    while (this.#byIPv4.has(this.#next)) this.#advance();
    const ipv4 = this.#next;
    this.#advance();
    return ipv4;
  }

  #advance(): void {
    this.#next = this.#next + 1 >= this.#range.last ? this.#range.first + 1 : this.#next + 1;
  }

  /** The address of the least recently used entry that nobody holds. */
  #evict(): number | undefined {
    const now = this.#now();
    for (const entry of this.#byIPv6.values()) {
      if (entry.users > 0 || entry.heldUntilMs > now) continue;
      this.#byIPv6.delete(entry.ipv6);
      this.#byIPv4.delete(entry.ipv4);
      return entry.ipv4;
    }
    return undefined;
  }

  /** A Map keeps the order of insertion: the last is the most recently used. */
  #touch(entry: Entry): void {
    this.#byIPv6.delete(entry.ipv6);
    this.#byIPv6.set(entry.ipv6, entry);
  }
}
