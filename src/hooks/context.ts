import type { Pool } from '../address/pool';
import type { Pref64 } from '../address/pref64';
import type { Translator } from '../address/translator';
import type { HostKernel } from '../kernel/host-kernel';
import type { Policy } from '../policy/types';
import type { AaaaAnswer, Sources, TimedAddress } from '../resolver/synthesis';
import type { Counters } from './counters';
import type { LoopbackFlows } from './loopback-flows';
import type { HandleClasses } from './node-internals';

/**
 * The NAT64 prefixes in the form that hooks need.
 *
 * Hooks report the results for addresses that the step `nat64` produced, in the form that the kernel got:
 * - TCP, when a connect completes: `succeeded` for 0, ECONNREFUSED or ECONNRESET, if `wantsProof`; `failed` for
 *   ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, EADDRNOTAVAIL, EACCES or EPERM, from `connect6` or from `oncomplete`;
 *   `abandoned` for ECANCELED, which means that the program closed the handle
 * - UDP: `sent` before each datagram (also on a connected socket), `failed` if the kernel rejects it with one of these
 *   errors, `succeeded` for each datagram from an address under a prefix
 */
export interface PrefixState {
  /** Their origin: `policy`, `router`, `discovery`, `assumed`, `unknown`. */
  readonly origin: string;
  /** The prefixes in use, by which embedded addresses are recognized. Undefined until discovery has finished. */
  readonly all: readonly Pref64[] | undefined;
  /**
   * The prefixes in use, in the order in which to try them for a destination (an unsigned 32-bit integer). Call this
   * only to use one: if they are in doubt, the call makes v6only ask the network again.
   */
  readonly list: (ipv4?: number) => readonly Pref64[] | undefined;
  /** Resolves when the prefixes are known, or known to be missing, at the latest after the deadline of the policy. */
  readonly ready: () => Promise<void>;
  /**
   * The same with a callback. The process stays alive until then. The result ends the wait: the callback is then not
   * called.
   */
  readonly whenReady: (callback: () => void) => () => void;
  /** Starts discovery if the prefixes are not known. Nobody waits for it. */
  learn(): void;
  /** Whether another prefix can be tried if one fails. */
  readonly hasSeveral: boolean;
  /** Whether `succeeded` would change anything. Usually it would not: check this before you compute its argument. */
  readonly wantsProof: boolean;
  /** Calls `listener` when the prefixes, their origin or their order change. The result removes the listener. */
  onChange(listener: () => void): () => void;
  /** No way to this IPv4-embedded address works. */
  failed(ipv6: string): void;
  /** The program gave up a connect after `afterMs` milliseconds without an answer. */
  abandoned(ipv6: string, afterMs: number): void;
  /** A datagram is sent to this IPv4-embedded address. */
  sent(ipv6: string): void;
  /** The peer answered from this IPv4-embedded address, even if only with a refusal. */
  succeeded(ipv6: string): void;
}

/** `dns.lookup`, or what the program uses in its place. */
export type Lookup = (hostname: string, options: object, callback: (...result: unknown[]) => void) => unknown;

/**
 * An option of v6only's own look-ups: the A records of a name that a rule sends to its native addresses. A function of
 * the program that stands before `dns.lookup` usually passes its options on. If it does not, it returns what it always
 * returns.
 */
export const RECORDS_ONLY = Symbol('v6only records only');

/** The part of v6only's own resolver that hooks need. */
export interface NameResolver {
  /** Whether the policy names servers. If so, the operating system's resolver comes second. */
  readonly goesFirst: boolean;
  /** A DNS64's answer for AAAA (RFC 6147 §5.1.4 to §5.1.7), with the prefixes known now. */
  answerAaaa<A extends TimedAddress>(sources: Sources<A>): AaaaAnswer<A>;
  /** @throws an error whose `code` is one of `dns.resolve` */
  addresses(name: string, family: 0 | 4 | 6): Promise<readonly { readonly address: string; readonly family: 4 | 6 }[]>;
}

/** The objects of one installation that every hook needs: its policy, its translator, its view of Node's internals. */
export interface HookContext {
  readonly policy: Policy;
  readonly translator: Translator;
  readonly pool: Pool;
  readonly kernel: HostKernel;
  readonly classes: HandleClasses;
  readonly counters: Counters;
  readonly flows: LoopbackFlows;
  readonly prefixes: PrefixState;
  readonly names: NameResolver;
  /** The host's current name servers, regardless of the program's settings (RFC 8880 §7.1). */
  readonly systemServers: readonly string[];
  /** The host name that the program gave to a socket. */
  readonly hostOf: (owner: object | undefined) => string | undefined;
  /** The function that looks up this name. Recorded only for a name that a rule sends to its native addresses. */
  readonly lookupOf: (owner: object) => Lookup | undefined;
}
