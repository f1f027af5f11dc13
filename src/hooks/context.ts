import type { Kernel } from '../address/decision';
import type { Pool } from '../address/pool';
import type { Pref64 } from '../address/pref64';
import type { Translator } from '../address/translator';
import type { Policy } from '../policy/types';
import type { HandleClasses } from './handle/internals';
import type { LoopbackFlows } from './handle/loopback-flows';

/** How often each thing happened since the hook was enabled. */
export interface Counters {
  connects: { direct: number; translated: number; refused: number; held: number };
  binds: { direct: number; translated: number; refused: number };
  /** Datagrams; those of connected sockets, and to IPv6 addresses, are not looked at. */
  sends: { direct: number; translated: number; refused: number };
  lookups: { system: number; own: number };
}

/** The NAT64 prefixes, as far as hooks need to know of them. */
export interface PrefixState {
  /** Where they come from. */
  readonly origin: string;
  /** Undefined while nothing is known yet. */
  readonly list: () => readonly Pref64[] | undefined;
  /** Resolves once they are known, or known not to be there; at the latest after the deadline of the policy. */
  readonly ready: () => Promise<void>;
  /** Whether there is another prefix to take over. */
  readonly hasSeveral: boolean;
  /** A connect to this IPv4-embedded address found no way. */
  failed(ipv6: string): void;
}

/** v6only's own resolver, as far as hooks need it. */
export interface NameResolver {
  /** Whether the policy names servers, so that the operating system's resolver comes second. */
  readonly goesFirst: boolean;
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
  /** The host's own name servers, as they were before the program could set others (RFC 8880 §7.1). */
  readonly systemServers: readonly string[];
  /** The host name that a socket was told to connect to. */
  readonly hostOf: (owner: object | undefined) => string | undefined;
}
