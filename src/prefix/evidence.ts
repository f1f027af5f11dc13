import { monotonicMs } from '../address/monotonic-clock';
import type { Pref64 } from '../address/pref64';

/** How long a failure counts, and how long a prefix that was set aside comes last. */
const COUNTS_FOR_MS = 30_000;
/** The maximum number of remembered destinations. */
const MAX_DESTINATIONS = 1024;

/**
 * What connections and datagrams show about each of several prefixes. One dead host behind a NAT64 proves nothing about
 * the NAT64, so for this host alone another prefix comes first. A prefix is set aside for all destinations if
 * independent ones agree (addresses in two networks, /24) and nothing under it has worked since.
 */
export class Evidence {
  readonly #now: () => number;
  /** Prefix → network (/24) of a failed destination → when the failure stops counting. */
  readonly #failures = new Map<Pref64, Map<number, number>>();
  /** Destination → the prefixes that failed for it → when the failure stops counting. */
  readonly #avoided = new Map<number, Map<Pref64, number>>();
  /** The prefixes under which a connection or datagram has succeeded. */
  readonly #worked = new Set<Pref64>();
  #latestMs = 0;

  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /** Whether a success would change anything. */
  get wantsProof(): boolean {
    return this.#worked.size === 0 || this.#hasFailures();
  }

  hasWorked(prefix: Pref64): boolean {
    return this.#worked.has(prefix);
  }

  /** @param ipv4 the destination, as an unsigned 32-bit integer */
  failed(prefix: Pref64, ipv4: number): void {
    const untilMs = this.#now() + COUNTS_FOR_MS;
    this.#latestMs = untilMs;
    if (this.#avoided.size >= MAX_DESTINATIONS) this.#avoided.clear();
    entryOf(this.#avoided, ipv4).set(prefix, untilMs);
    const networks = entryOf(this.#failures, prefix);
    if (networks.size >= MAX_DESTINATIONS) networks.clear();
    networks.set(ipv4 >>> 8, untilMs);
  }

  succeeded(prefix: Pref64, ipv4: number): void {
    this.#worked.add(prefix);
    this.#failures.delete(prefix);
    const avoided = this.#avoided.get(ipv4);
    if (avoided?.delete(prefix) && avoided.size === 0) this.#avoided.delete(ipv4);
  }

  /** Whether a way under the prefix failed recently, and none has worked since. */
  doubts(prefix: Pref64): boolean {
    return this.#count(prefix) > 0;
  }

  /** The prefixes in the order in which to try them for a destination. Those that failed for it come last. */
  order(prefixes: readonly Pref64[], ipv4: number | undefined): readonly Pref64[] {
    if (prefixes.length < 2 || !this.#hasFailures()) return prefixes;
    const avoided = ipv4 === undefined ? undefined : this.#avoided.get(ipv4);
    const now = this.#now();
    const rank = (prefix: Pref64) => ((avoided?.get(prefix) ?? 0) > now ? 2 : 0) + (this.#count(prefix) > 1 ? 1 : 0);
    return [...prefixes].sort((a, b) => rank(a) - rank(b));
  }

  clear(): void {
    this.#failures.clear();
    this.#avoided.clear();
    this.#worked.clear();
  }

  #hasFailures(): boolean {
    if (this.#failures.size === 0 && this.#avoided.size === 0) return false;
    if (this.#now() < this.#latestMs) return true;
    this.#failures.clear();
    this.#avoided.clear();
    return false;
  }

  /** How many independent destinations show that the prefix does not work. */
  #count(prefix: Pref64): number {
    const networks = this.#failures.get(prefix);
    if (networks === undefined) return 0;
    const now = this.#now();
    for (const [network, untilMs] of networks) if (untilMs <= now) networks.delete(network);
    if (networks.size === 0) this.#failures.delete(prefix);
    return networks.size;
  }
}

function entryOf<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let entry = map.get(key);
  if (entry === undefined) {
    entry = new Map();
    map.set(key, entry);
  }
  return entry;
}
