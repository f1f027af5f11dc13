import type { Kernel } from '../address/kernel';
import type { Pool } from '../address/pool';
import type { Pref64 } from '../address/pref64';
import type { Translator } from '../address/translator';
import type { Policy } from '../policy/types';
import type { AaaaAnswer, Sources, TimedAddress } from '../resolver/synthesis';
import type { LoopbackFlows } from './loopback-flows';
import type { HandleClasses } from './node-internals';

/**
 * How often each thing happened since the hook was installed. `direct`: left on IPv4. `translated`: sent to an IPv6 address.
 * `refused`: failed without a packet. Calls that name an IPv6 address are not counted.
 */
export interface Counters {
  /** TCP connections. `held`: those that waited for the NAT64 prefix. */
  connects: { direct: number; translated: number; refused: number; held: number };
  /** Sockets bound to a local address, TCP and UDP. */
  binds: { direct: number; translated: number; refused: number };
  /** Datagrams, except those of connected sockets. */
  sends: { direct: number; translated: number; refused: number };
  /** Names looked up, by which resolver answered: the operating system's (`system`) or v6only's (`own`). */
  lookups: { system: number; own: number };
}

/**
 * The NAT64 prefixes, as far as hooks need to know of them, and what hooks tell of them.
 *
 * Hooks tell of addresses that step `nat64` of a decision gave, as the kernel got them:
 * - TCP, when a connect completes: `succeeded` with 0, ECONNREFUSED or ECONNRESET, where `wantsProof`; `failed` with
 *   ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, EADDRNOTAVAIL, EACCES or EPERM, whether `connect6` returned it or `oncomplete` got
 *   it; `abandoned` with ECANCELED, which is what a handle that the program closes completes with
 * - UDP: `sent` before each datagram (`send`, and `send` of a connected socket), `failed` where the kernel refuses it with one
 *   of those errors, `succeeded` for each datagram that came from under a prefix
 */
export interface PrefixState {
  /** Where they come from: `policy`, `router`, `discovery`, `assumed`, `unknown`. */
  readonly origin: string;
  /** Those in use: what an address is recognized by. Undefined while nothing is known yet. */
  readonly all: readonly Pref64[] | undefined;
  /**
   * Those in use in the order in which to try them for a destination (an unsigned 32-bit integer). To be called when one is
   * about to be used: where they are in doubt the network is asked again.
   */
  readonly list: (ipv4?: number) => readonly Pref64[] | undefined;
  /** Resolves once they are known, or known not to be there; at the latest after the deadline of the policy. */
  readonly ready: () => Promise<void>;
  /**
   * The same as a callback; the process lives so long. The result ends that: nobody waits any more, and nothing is called.
   */
  readonly whenReady: (callback: () => void) => () => void;
  /** Whether there is another prefix to take over. */
  readonly hasSeveral: boolean;
  /** Whether `succeeded` would change anything. Mostly it would not: look at this before you work out what to tell. */
  readonly wantsProof: boolean;
  /** Calls `listener` when the prefixes, their origin or their order change; the result ends that. */
  onChange(listener: () => void): () => void;
  /** A way to this IPv4-embedded address was found not to be there. */
  failed(ipv6: string): void;
  /** The program gave up a connect that had got no answer for `afterMs` milliseconds. */
  abandoned(ipv6: string, afterMs: number): void;
  /** A datagram is sent to this IPv4-embedded address. */
  sent(ipv6: string): void;
  /** The other side answered from this IPv4-embedded address, be it by a refusal. */
  succeeded(ipv6: string): void;
}

/** v6only's own resolver, as far as hooks need it. */
export interface NameResolver {
  /** Whether the policy names servers, so that the operating system's resolver comes second. */
  readonly goesFirst: boolean;
  /** What a DNS64 answers for AAAA (RFC 6147 §5.1.4 to §5.1.7), by the prefixes that are known now. */
  answerAaaa<A extends TimedAddress>(sources: Sources<A>): AaaaAnswer<A>;
  /** @throws an error whose `code` is one of `dns.resolve` */
  addresses(name: string, family: 0 | 4 | 6): Promise<readonly { readonly address: string; readonly family: 4 | 6 }[]>;
}

/** What every hook needs: one installation's policy, translator and view of Node's internals. */
export interface HookContext {
  readonly policy: Policy;
  readonly translator: Translator;
  readonly pool: Pool;
  readonly kernel: Kernel;
  readonly classes: HandleClasses;
  readonly counters: Counters;
  readonly flows: LoopbackFlows;
  readonly prefixes: PrefixState;
  readonly names: NameResolver;
  /** The host's own name servers now, whatever the program has set (RFC 8880 §7.1). */
  readonly systemServers: readonly string[];
  /** The host name that a socket was told to connect to. */
  readonly hostOf: (owner: object | undefined) => string | undefined;
}
