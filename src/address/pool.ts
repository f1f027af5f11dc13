import { type IPv4Range, integerToIPv4, ipv4ToInteger, parseIPv4Range } from './ipv4';
import { canonicalIPv6 } from './ipv6';
import { type IPv6Scope, ipv6ScopeOf } from './ipv6-scope';
import { monotonicMs } from './monotonic-clock';

/** Whom an entry is for. */
type Origin = 'name' | 'peer';

interface Entry {
  readonly ipv4: number;
  readonly ipv6: string;
  readonly block: Block;
  origin: Origin;
  /** Until then (milliseconds of the given clock) the address is not given to another. */
  heldUntilMs: number;
  /** How many sockets use it now. */
  users: number;
}

interface Block {
  readonly range: IPv4Range;
  /** How many entries there may be, and how many of them for peers. */
  readonly capacity: number;
  readonly peers: number;
  /** A Set keeps the order of insertion: the last is the most recently used. */
  readonly entries: Readonly<Record<Origin, Set<Entry>>>;
}

/** RFC 6535 §4.4: keep an entry long after the TTL of the answer it came from, and after its last use. */
const HOLD_MS = 600_000;
/** RFC 6535 §6.3: memory must be bounded. */
const CAPACITY = 65_534;
/** Who sends a datagram makes a peer: those must not use up what names need. */
const PEER_SHARE = 1 / 16;
/** How many of the least recently used entries are looked at for one that nobody holds. */
const CANDIDATES = 64;

export interface PoolOptions {
  /** CIDR; for hosts of the global Internet. The first and the last address are not used. */
  readonly network: string;
  /** CIDR, of private addresses; for hosts of a private network (RFC 4193 and the like). Asked for when it is first needed. */
  readonly privateNetwork: () => string;
  /** Addresses in use at once in each network. */
  readonly capacity?: number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /** A random integer from 0 to below `bound`. */
  readonly random?: (bound: number) => number;
}

/**
 * The synthetic pool of RFC 6535 §2.4: IPv4 addresses, meaningful in this process alone, that stand for IPv6 addresses. An
 * entry exists because this process looked a name up, or saw a peer. Two blocks keep what an address says of its scope: an
 * IPv6 address that is not global reads as a private one, which deny lists deny. Bounded; least recently used entries make
 * room, but never one that a socket uses or that was used lately.
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

  /** Whether an address lies in one of the blocks, whether or not it stands for anything. */
  contains(ipv4: string | number): boolean {
    const value = typeof ipv4 === 'number' ? ipv4 : ipv4ToInteger(ipv4);
    return [this.#global, this.#privateBlock()].some(({ range }) => value >= range.first && value <= range.last);
  }

  /** The networks, CIDR. */
  get networks(): readonly string[] {
    return [this.#options.network, this.#options.privateNetwork()];
  }

  /** The IPv6 address that a pool address stands for, or undefined. Asking for it is a use. */
  toIPv6(ipv4: string): string | undefined {
    if (this.#byIPv4.size === 0) return undefined;
    const entry = this.#byIPv4.get(ipv4ToInteger(ipv4));
    if (entry) this.#touch(entry);
    return entry?.ipv6;
  }

  /** The pool address that already stands for `ipv6`, or undefined. Asking for it is a use. */
  find(ipv6: string): string | undefined {
    if (this.#byIPv6.size === 0) return undefined;
    const entry = this.#byIPv6.get(ipv6);
    if (entry) this.#touch(entry);
    return entry && integerToIPv4(entry.ipv4);
  }

  /**
   * The pool address that stands for `ipv6`, a new one where there is none yet; undefined where none may stand for it
   * (`ipv6ScopeOf` says `none`, or it has a zone) and where every address is held.
   * @param ttlSeconds of the DNS answer that it is given out in
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

  /** A socket uses this address from now on; the result ends that. */
  use(ipv4: string): () => void {
    const entry = this.#byIPv4.get(ipv4ToInteger(ipv4));
    if (!entry) return () => {};
    entry.users++;
    return () => {
      entry.users--;
      this.#touch(entry);
    };
  }

  /** Addresses that stand for an IPv6 address now. */
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
    // Names may take the place of peers, never the other way round.
    if (entries.name.size + entries.peer.size >= capacity)
      return this.#evict(entries.peer) ?? (origin === 'name' ? this.#evict(entries.name) : undefined);
    const size = range.last - range.first - 1;
    let ipv4 = range.first + 1 + this.#random(size);
    while (this.#byIPv4.has(ipv4)) ipv4 = ipv4 + 1 >= range.last ? range.first + 1 : ipv4 + 1;
    return ipv4;
  }

  /** Who guesses addresses must not find them. */
  #random(bound: number): number {
    if (this.#options.random) return this.#options.random(bound);
    const { randomInt } = require('node:crypto') as typeof import('node:crypto');
    return randomInt(bound);
  }

  /** The address of the least recently used entry that nobody holds. */
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
      // Held since its last use: all that follow were used later.
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

/** RFC 6535 §4.4 names them; the first that no address of the host and no rule is in. */
export const PRIVATE_NETWORKS = ['10.170.160.0/20', '172.21.80.0/20', '10.170.224.0/20', '172.21.112.0/20'] as const;
