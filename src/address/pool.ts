import { type IPv4Range, integerToIPv4, ipv4ToInteger, isInRange, parseIPv4Range } from './ipv4';
import { canonicalIPv6 } from './ipv6';
import { type IPv6Scope, ipv6ScopeOf } from './ipv6-scope';
import { monotonicMs } from './monotonic-clock';

/** What caused the entry: a look-up of a name, or the appearance of a peer. */
type Origin = 'name' | 'peer';
/** `fresh`: a name was looked up, and the program has not used the address since. */
type State = Origin | 'fresh';

interface Entry {
  readonly ipv4: number;
  readonly ipv6: string;
  readonly block: Block;
  /** Whether a peer at `ipv6` is shown by `ipv4`: not if a stranger would then have a private address. */
  readonly showsPeer: boolean;
  state: State;
  /** Until this time (milliseconds of the given clock) the address is not given to another host. */
  heldUntilMs: number;
  /** How many sockets use it now. */
  users: number;
}

interface Block {
  readonly network: string;
  readonly range: IPv4Range;
  /** How many entries there may be, and how many of them may come from peers. */
  readonly capacity: number;
  readonly peers: number;
  /** A Set keeps the order of insertion: the last entry is the most recently used. */
  readonly entries: Readonly<Record<State, Set<Entry>>>;
  /** Whether v6only chose the network, among private ones: its addresses may be those of real hosts. */
  readonly isOwnChoice: boolean;
  /** Whether `isTaken` is asked: not if the policy names the network. */
  readonly mayBeTaken: boolean;
}

/** RFC 6535 §4.4: keep an entry long after its last use. */
const HOLD_MS = 600_000;
/**
 * How long an entry is kept: at least this long, and for its TTL. Programs connect to an address soon after they have
 * looked it up. A stranger's names that nobody has used must not keep addresses from other names for longer.
 */
const HOLDS_MS: Readonly<Record<State, number>> = { name: HOLD_MS, peer: HOLD_MS, fresh: 120_000 };
/** A longer TTL counts as this (RFC 2181 §8), or a stranger's names would hold addresses for up to 68 years. */
export const MAX_TTL_SECONDS = 3600;
/** How many addresses one answer may use up. A name of a real service rarely has as many. */
export const MAX_PER_ANSWER = 32;
/** Of the network for benchmarks (RFC 2544). */
export const DEFAULT_NETWORK = '198.18.0.0/15';
/** How many addresses that belong to real hosts are remembered. */
const MAX_LEFT_OUT = 1024;
/** How many addresses may be taken before a block counts as taken. */
const MAX_DRAWS = 64;
/** RFC 6535 §6.3: memory must be bounded. */
const CAPACITY = 65_534;
/** Any host that sends a datagram creates a peer, so peers must not use up the addresses that names need. */
const PEER_SHARE = 1 / 16;
/** How many of the least recently used entries are searched for one that is not held. */
const CANDIDATES = 64;

export interface PoolOptions {
  /** CIDR. For hosts of the global Internet. The first and the last address are not used. */
  readonly network: string;
  /**
   * CIDR of private addresses. For hosts of a private network (RFC 4193 and similar). A function chooses one, or finds
   * none, and is called when it is first needed.
   */
  readonly privateNetwork: string | (() => string | undefined);
  /** Whether an address belongs to another host, so that it cannot stand for one. Not asked if the policy names the network. */
  readonly isTaken?: (ipv4: string) => boolean;
  /** Addresses in use at once in each network. */
  readonly capacity?: number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /** A random integer from 0 to below `bound`. */
  readonly random?: (bound: number) => number;
}

/**
 * The synthetic pool of RFC 6535 §2.4: IPv4 addresses, valid in this process only, that stand for IPv6 addresses. This
 * process gets an entry when it looks up a name or sees a peer. Two blocks preserve the scope: an IPv6 address that is
 * not global gets a private IPv4 address, so that deny lists still deny it. The pool is bounded. A new entry replaces
 * the least recently used one, first one that nobody has used, but never one that a socket uses or that was used lately.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #now: () => number;
  readonly #global: Block;
  #private: Block | 'none' | undefined;
  /** Addresses of the private block at which the program reached, or tried to reach, a real host. */
  readonly #leftOut = new Set<number>();
  readonly #byIPv6 = new Map<string, Entry>();
  readonly #byIPv4 = new Map<number, Entry>();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#now = options.now ?? monotonicMs;
    this.#global = this.#block(options.network, false, options.network === DEFAULT_NETWORK);
  }

  /** Whether an address lies in one of the blocks, assigned or not, and was not left out. */
  contains(ipv4: string | number): boolean {
    const value = typeof ipv4 === 'number' ? ipv4 : ipv4ToInteger(ipv4);
    return isIn(value, this.#global) || (isIn(value, this.#privateBlock()) && !this.#leftOut.has(value));
  }

  /**
   * The program uses an address that stands for nothing. If v6only chose its network, the address may be that of a real
   * host. If it also leads somewhere, it is no address of the pool from now on. @returns whether it may be real
   */
  leaveOut(value: number, leads = true): boolean {
    const block = this.#privateBlock();
    if (!isIn(value, block)) return !isIn(value, this.#global);
    if (!block?.isOwnChoice || this.#byIPv4.has(value)) return false;
    if (!leads) return true;
    if (this.#leftOut.size >= MAX_LEFT_OUT) {
      const [oldest] = this.#leftOut;
      this.#leftOut.delete(oldest as number);
    }
    this.#leftOut.add(value);
    return true;
  }

  /** The networks in CIDR notation. */
  get networks(): readonly string[] {
    const { network } = this.#options;
    const own = this.#privateBlock()?.network;
    return own === undefined ? [network] : [network, own];
  }

  /** The IPv6 address that a pool address stands for, or undefined. This call counts as a use. */
  toIPv6(ipv4: string): string | undefined {
    if (this.#byIPv4.size === 0) return undefined;
    const entry = this.#byIPv4.get(ipv4ToInteger(ipv4));
    if (entry) this.#used(entry);
    return entry?.ipv6;
  }

  /**
   * The pool address that already stands for a peer at `ipv6`, or undefined. A datagram may be forged, so for the address
   * of a name this is no use: only what the program sends, and a connection, hold it.
   */
  find(ipv6: string): string | undefined {
    if (this.#byIPv6.size === 0) return undefined;
    const entry = this.#byIPv6.get(ipv6);
    if (!entry?.showsPeer) return undefined;
    if (entry.state === 'peer') this.#used(entry);
    return integerToIPv4(entry.ipv4);
  }

  /**
   * The pool address that stands for `ipv6`: the existing one, or a new one. Undefined if no IPv4 address may stand for
   * `ipv6` (its scope is `none`, or it has a zone), and if every pool address is held.
   * @param ttlSeconds TTL of the DNS answer
   */
  assign(ipv6: string, ttlSeconds = 0, origin: Origin = 'name'): string | undefined {
    if (ipv6.includes('%')) return undefined;
    const canonical = canonicalIPv6(ipv6);
    const known = this.#byIPv6.get(canonical);
    if (known) {
      if (origin === 'peer' && !known.showsPeer) return undefined;
      if (origin === 'name' && known.state === 'peer') this.#moveTo('name', known);
      this.#hold(known, ttlSeconds);
      return integerToIPv4(known.ipv4);
    }
    const scope = ipv6ScopeOf(canonical);
    const showsPeer = scope !== 'unchecked';
    const block = this.#blockFor(scope);
    if (block === undefined || (origin === 'peer' && !showsPeer)) return undefined;
    const ipv4 = this.#free(block, origin);
    if (ipv4 === undefined) return undefined;
    const state = origin === 'name' ? 'fresh' : 'peer';
    const entry: Entry = { ipv4, ipv6: canonical, block, showsPeer, state, heldUntilMs: 0, users: 0 };
    this.#hold(entry, ttlSeconds);
    this.#byIPv6.set(canonical, entry);
    this.#byIPv4.set(ipv4, entry);
    return integerToIPv4(ipv4);
  }

  /** Marks the address as used by a socket. The result ends the use. */
  use(ipv4: string): () => void {
    const entry = this.#byIPv4.get(ipv4ToInteger(ipv4));
    if (!entry) return () => {};
    entry.users++;
    return () => {
      entry.users--;
      this.#used(entry);
    };
  }

  /** How many addresses stand for an IPv6 address now. */
  get size(): number {
    return this.#byIPv4.size;
  }

  #block(network: string, isOwnChoice: boolean, mayBeTaken = isOwnChoice): Block {
    const range = parseIPv4Range(network);
    const capacity = Math.max(0, Math.min(this.#options.capacity ?? CAPACITY, range.last - range.first - 1));
    const entries = { name: new Set<Entry>(), fresh: new Set<Entry>(), peer: new Set<Entry>() };
    return { network, range, capacity, peers: Math.ceil(capacity * PEER_SHARE), entries, isOwnChoice, mayBeTaken };
  }

  #privateBlock(): Block | undefined {
    if (this.#private === undefined) {
      const { privateNetwork } = this.#options;
      const isOwnChoice = typeof privateNetwork === 'function';
      const network = isOwnChoice ? privateNetwork() : privateNetwork;
      this.#private = network === undefined ? 'none' : this.#block(network, isOwnChoice);
    }
    return this.#private === 'none' ? undefined : this.#private;
  }

  #blockFor(scope: IPv6Scope): Block | undefined {
    if (scope === 'none') return undefined;
    return scope === 'global' ? this.#global : this.#privateBlock();
  }

  #free(block: Block, origin: Origin): number | undefined {
    const { range, capacity, peers, entries } = block;
    const { name, fresh, peer } = entries;
    if (origin === 'peer' && peer.size >= peers) return this.#evict(peer);
    // Names may replace peers, and names that nobody has used. Peers never replace names.
    if (name.size + fresh.size + peer.size >= capacity)
      return this.#evict(peer) ?? (origin === 'name' ? (this.#evict(fresh) ?? this.#evict(name)) : undefined);
    // What is taken is usually a part of the network. Another draw leaves it sooner than the next address.
    for (let draws = 0; draws < MAX_DRAWS; draws++) {
      let ipv4 = range.first + 1 + this.#random(range.last - range.first - 1);
      while (this.#byIPv4.has(ipv4)) ipv4 = ipv4 + 1 >= range.last ? range.first + 1 : ipv4 + 1;
      if (!this.#isTaken(block, ipv4)) return ipv4;
    }
    return undefined;
  }

  #isTaken({ mayBeTaken }: Block, ipv4: number): boolean {
    return mayBeTaken && (this.#leftOut.has(ipv4) || this.#options.isTaken?.(integerToIPv4(ipv4)) === true);
  }

  /** Random, so that an attacker cannot guess which pool addresses are assigned. */
  #random(bound: number): number {
    if (this.#options.random) return this.#options.random(bound);
    const { randomInt } = require('node:crypto') as typeof import('node:crypto');
    return randomInt(bound);
  }

  /** The address of the least recently used entry that is not held. */
  #evict(entries: Set<Entry>): number | undefined {
    const now = this.#now();
    let looked = 0;
    for (const entry of entries) {
      if (entry.users === 0 && entry.heldUntilMs <= now) {
        entries.delete(entry);
        this.#byIPv6.delete(entry.ipv6);
        this.#byIPv4.delete(entry.ipv4);
        if (!this.#isTaken(entry.block, entry.ipv4)) return entry.ipv4;
        continue;
      }
      // The oldest entry is held only since its last use, so all later entries are held too.
      const isInUse = entry.users > 0 || entry.heldUntilMs > now + HOLDS_MS[entry.state];
      if (!isInUse || ++looked === CANDIDATES) return undefined;
      moveToEnd(entry);
    }
    return undefined;
  }

  #moveTo(state: State, entry: Entry): void {
    entry.block.entries[entry.state].delete(entry);
    entry.state = state;
  }

  /** Something was sent to the address, or a peer with an address of its own has sent something. */
  #used(entry: Entry): void {
    if (entry.state === 'fresh') this.#moveTo('name', entry);
    this.#hold(entry, 0);
  }

  #hold(entry: Entry, ttlSeconds: number): void {
    const ms = Math.max(Math.min(ttlSeconds, MAX_TTL_SECONDS) * 1000, HOLDS_MS[entry.state]);
    entry.heldUntilMs = Math.max(entry.heldUntilMs, this.#now() + ms);
    moveToEnd(entry);
  }
}

function moveToEnd(entry: Entry): void {
  const entries = entry.block.entries[entry.state];
  entries.delete(entry);
  entries.add(entry);
}

function isIn(value: number, block: Block | undefined): boolean {
  return block !== undefined && isInRange(value, block.range);
}
