import { type IPv4Range, integerToIPv4, ipv4ToInteger, parseIPv4Range } from './ipv4';
import { canonicalIPv6 } from './ipv6';
import { type IPv6Scope, ipv6ScopeOf } from './ipv6-scope';
import { monotonicMs } from './monotonic-clock';

/** What caused the entry: a look-up of a name, or the appearance of a peer. */
type Origin = 'name' | 'peer';

interface Entry {
  readonly ipv4: number;
  readonly ipv6: string;
  readonly block: Block;
  origin: Origin;
  /** Until this time (milliseconds of the given clock) the address is not given to another host. */
  heldUntilMs: number;
  /** How many sockets use it now. */
  users: number;
}

interface Block {
  readonly range: IPv4Range;
  /** How many entries there may be, and how many of them may come from peers. */
  readonly capacity: number;
  readonly peers: number;
  /** A Set keeps the order of insertion: the last entry is the most recently used. */
  readonly entries: Readonly<Record<Origin, Set<Entry>>>;
}

/** RFC 6535 §4.4: keep an entry long after the TTL of its answer, and long after its last use. */
const HOLD_MS = 600_000;
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
   * CIDR of private addresses. For hosts of a private network (RFC 4193 and similar). Called when it is first needed.
   */
  readonly privateNetwork: () => string;
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
 * the least recently used one, but never one that a socket uses or that was used lately.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #now: () => number;
  readonly #global: Block;
  #private: Block | undefined;
  readonly #byIPv6 = new Map<string, Entry>();
  readonly #byIPv4 = new Map<number, Entry>();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#now = options.now ?? monotonicMs;
    this.#global = this.#block(options.network);
  }

  /** Whether an address lies in one of the blocks, assigned or not. */
  contains(ipv4: string | number): boolean {
    const value = typeof ipv4 === 'number' ? ipv4 : ipv4ToInteger(ipv4);
    return [this.#global, this.#privateBlock()].some(({ range }) => value >= range.first && value <= range.last);
  }

  /** The networks in CIDR notation. */
  get networks(): readonly string[] {
    return [this.#options.network, this.#options.privateNetwork()];
  }

  /** The IPv6 address that a pool address stands for, or undefined. This call counts as a use. */
  toIPv6(ipv4: string): string | undefined {
    if (this.#byIPv4.size === 0) return undefined;
    const entry = this.#byIPv4.get(ipv4ToInteger(ipv4));
    if (entry) this.#touch(entry);
    return entry?.ipv6;
  }

  /** The pool address that already stands for `ipv6`, or undefined. This call counts as a use. */
  find(ipv6: string): string | undefined {
    if (this.#byIPv6.size === 0) return undefined;
    const entry = this.#byIPv6.get(ipv6);
    if (entry) this.#touch(entry);
    return entry && integerToIPv4(entry.ipv4);
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
    const holdMs = this.#now() + Math.max(ttlSeconds * 1000, HOLD_MS);
    if (known) {
      if (origin === 'name' && known.origin === 'peer') this.#promote(known);
      this.#touch(known);
      known.heldUntilMs = Math.max(known.heldUntilMs, holdMs);
      return integerToIPv4(known.ipv4);
    }
    const block = this.#blockFor(ipv6ScopeOf(canonical));
    if (block === undefined) return undefined;
    const ipv4 = this.#free(block, origin);
    if (ipv4 === undefined) return undefined;
    const entry: Entry = { ipv4, ipv6: canonical, block, origin, heldUntilMs: holdMs, users: 0 };
    block.entries[origin].add(entry);
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
      this.#touch(entry);
    };
  }

  /** How many addresses stand for an IPv6 address now. */
  get size(): number {
    return this.#byIPv4.size;
  }

  #block(network: string): Block {
    const range = parseIPv4Range(network);
    const capacity = Math.max(0, Math.min(this.#options.capacity ?? CAPACITY, range.last - range.first - 1));
    const entries = { name: new Set<Entry>(), peer: new Set<Entry>() };
    return { range, capacity, peers: Math.ceil(capacity * PEER_SHARE), entries };
  }

  #privateBlock(): Block {
    this.#private ??= this.#block(this.#options.privateNetwork());
    return this.#private;
  }

  #blockFor(scope: IPv6Scope): Block | undefined {
    return scope === 'global' ? this.#global : scope === 'private' ? this.#privateBlock() : undefined;
  }

  #free(block: Block, origin: Origin): number | undefined {
    const { range, capacity, peers, entries } = block;
    if (origin === 'peer' && entries.peer.size >= peers) return this.#evict(entries.peer);
    // Names may replace peers. Peers never replace names.
    if (entries.name.size + entries.peer.size >= capacity)
      return this.#evict(entries.peer) ?? (origin === 'name' ? this.#evict(entries.name) : undefined);
    const size = range.last - range.first - 1;
    let ipv4 = range.first + 1 + this.#random(size);
    while (this.#byIPv4.has(ipv4)) ipv4 = ipv4 + 1 >= range.last ? range.first + 1 : ipv4 + 1;
    return ipv4;
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
        return entry.ipv4;
      }
      // The oldest entry is held only since its last use, so all later entries are held too.
      const isInUse = entry.users > 0 || entry.heldUntilMs > now + HOLD_MS;
      if (!isInUse || ++looked === CANDIDATES) return undefined;
      moveToEnd(entry);
    }
    return undefined;
  }

  #promote(entry: Entry): void {
    entry.block.entries.peer.delete(entry);
    entry.block.entries.name.add(entry);
    entry.origin = 'name';
  }

  #touch(entry: Entry): void {
    entry.heldUntilMs = Math.max(entry.heldUntilMs, this.#now() + HOLD_MS);
    moveToEnd(entry);
  }
}

function moveToEnd(entry: Entry): void {
  const entries = entry.block.entries[entry.origin];
  entries.delete(entry);
  entries.add(entry);
}

/** Networks that RFC 6535 §4.4 names. The first one that contains no address of the host and of no rule is used. */
export const PRIVATE_NETWORKS = ['10.170.160.0/20', '172.21.80.0/20', '10.170.224.0/20', '172.21.112.0/20'] as const;
