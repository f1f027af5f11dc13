import { ipv4ToInteger } from '../address/ipv4';
import { ANSWER_LIFETIME_MS } from '../address/kernel';
import { monotonicMs } from '../address/monotonic-clock';
import { specialPurposeOf } from '../address/special-purpose';

/** The longest time for which a route that the network denied counts as absent. */
const DENIED_MS = 600_000;
const MAX_DESTINATIONS = 1024;

interface Host {
  /** A text that changes with addresses and routes. Undefined if it cannot be read. */
  readonly table: () => string | undefined;
  /** Whether a destination is a neighbour: no route concerns it. */
  readonly isOnLink: (ipv4: string) => boolean;
}

/**
 * What the network has shown of the IPv4 routes that the kernel has:
 *
 * | evidence                                      | concerns               | holds                             |
 * | --------------------------------------------- | ---------------------- | --------------------------------- |
 * | an Internet destination answered              | all of the Internet    | until addresses or routes change  |
 * | "network unreachable", for any destination    | all of the Internet    | the same, at most ten minutes     |
 * | "network unreachable", for one destination    | this one               | the same                          |
 * | … which then answers through the NAT64        | all of the Internet    | the same                          |
 *
 * An answer outweighs a denial. A private destination may have a route of its own, so it shows nothing about others, and
 * neighbours show nothing at all.
 */
export class RouteEvidence {
  readonly #isOnLink: (ipv4: string) => boolean;
  readonly #answered: FactOfNetwork;
  readonly #denied: FactOfNetwork;
  readonly #deniedAll: FactOfNetwork;
  readonly #destinations = new Set<string>();
  readonly #onDenied: (() => void)[] = [];

  constructor({ table, isOnLink }: Host) {
    this.#isOnLink = isOnLink;
    this.#answered = new FactOfNetwork(table, Number.POSITIVE_INFINITY);
    this.#denied = new FactOfNetwork(table, DENIED_MS);
    this.#deniedAll = new FactOfNetwork(table, DENIED_MS);
  }

  /** Calls `listener` after each denial: connects that are under way need not wait for an answer of their own. */
  onDenied(listener: () => void): void {
    this.#onDenied.push(listener);
  }

  /**
   * The network answered "network unreachable" for `ipv4`.
   * @param isGeneral the same answer is to be expected for every destination of the Internet
   */
  denied(ipv4: string, isGeneral: boolean): void {
    if (this.hasAnswered() || this.#isOnLink(ipv4)) return;
    if (isGeneral && isOfInternet(ipv4)) {
      this.deniedAll();
      return;
    }
    if (!this.#denied.holds()) {
      this.#destinations.clear();
      this.#denied.begin();
    } else if (this.#destinations.size >= MAX_DESTINATIONS) this.#destinations.clear();
    this.#destinations.add(ipv4);
    this.#announce();
  }

  /** The general route leads nowhere. */
  deniedAll(): void {
    this.#answered.end();
    this.#deniedAll.begin();
    this.#announce();
  }

  /** `ipv4` answered through the NAT64. If the network denied it, this is evidence of the whole route: the host exists. */
  answeredThroughNat64(ipv4: string): void {
    if (this.#destinations.size === 0 || !this.#destinations.delete(ipv4) || !this.#denied.holds()) return;
    this.denied(ipv4, true);
  }

  /** `ipv4` answered over IPv4. */
  answered(ipv4: string): void {
    if (this.hasAnswered() || !isOfInternet(ipv4) || this.#isOnLink(ipv4)) return;
    this.#answered.begin();
    this.#denied.end();
    this.#deniedAll.end();
  }

  /** Whether something has arrived over the general route. While this holds, `isUnproven` need not be asked. */
  hasAnswered(): boolean {
    return this.#answered.holds();
  }

  /**
   * Whether `ipv4` counts as unreachable. A denied general route does not concern multicast and the limited broadcast, which
   * stay on the link, nor private destinations.
   */
  isDenied(ipv4: string): boolean {
    const isDenied =
      (this.#denied.holds() && this.#destinations.has(ipv4)) || (this.#deniedAll.holds() && isOfInternet(ipv4));
    return isDenied && !this.#isOnLink(ipv4);
  }

  /** Whether `ipv4` is behind the general route, and nothing has yet shown that this route works. */
  isUnproven(ipv4: string): boolean {
    return !this.hasAnswered() && !this.isDenied(ipv4) && !this.#isOnLink(ipv4);
  }

  /** The same for an address of the Internet: what a router says of another one shows nothing about others. */
  isUnprovenInternet(ipv4: string): boolean {
    return isOfInternet(ipv4) && this.isUnproven(ipv4);
  }

  #announce(): void {
    for (const listener of this.#onDenied) listener();
  }
}

/** Something that holds until addresses or routes change, which is checked once a second, or for a limited time. */
class FactOfNetwork {
  readonly #table: () => string | undefined;
  readonly #lastsMs: number;
  #since: { readonly table: string | undefined; readonly untilMs: number; checkAtMs: number } | undefined;

  constructor(table: () => string | undefined, lastsMs: number) {
    this.#table = table;
    this.#lastsMs = lastsMs;
  }

  begin(): void {
    const now = monotonicMs();
    this.#since = { table: this.#table(), untilMs: now + this.#lastsMs, checkAtMs: now + ANSWER_LIFETIME_MS };
  }

  end(): void {
    this.#since = undefined;
  }

  holds(): boolean {
    const since = this.#since;
    if (since === undefined) return false;
    const now = monotonicMs();
    if (now < since.checkAtMs) return true;
    since.checkAtMs = now + ANSWER_LIFETIME_MS;
    if (now < since.untilMs && isSameTable(this.#table(), since.table)) return true;
    this.end();
    return false;
  }
}

/**
 * An unreadable table does not mean that addresses and routes changed. But a fact that began while it could not be read (no
 * descriptor was left) belongs to no network that is known, and ends as soon as it can.
 */
function isSameTable(now: string | undefined, before: string | undefined): boolean {
  return now === undefined || now === before;
}

/** Whether an address is one of the Internet. Those for documentation and benchmarks count: test networks use them. */
function isOfInternet(ipv4: string): boolean {
  const value = ipv4ToInteger(ipv4);
  const block = specialPurposeOf(value);
  return block === undefined || (block.kind === 'reserved' && value < CLASS_E);
}

/** 240.0.0.0/4 (RFC 1112 §4). */
const CLASS_E = 0xf0000000;
