import type { Pool } from '../address/pool';
import type { Translator } from '../address/translator';
import type { Policy } from '../policy/types';
import type { HandleClasses } from './handle/internals';
import type { LoopbackFlows } from './handle/loopback-flows';

/** How often each thing happened since the hook was enabled. */
export interface Counters {
  connects: { direct: number; translated: number; refused: number; held: number };
  binds: { direct: number; translated: number; refused: number };
  /** Destinations of datagrams that were decided, not datagrams: the hot path counts nothing. */
  sends: { direct: number; translated: number; refused: number };
  lookups: { system: number; own: number };
}

/** What every hook needs: one installation's policy, translator and view of Node's internals. */
export interface HookContext {
  readonly policy: Policy;
  readonly translator: Translator;
  readonly pool: Pool;
  readonly classes: HandleClasses;
  readonly counters: Counters;
  readonly flows: LoopbackFlows;
  /** Resolves once the NAT64 prefix is known, or known not to be there; at the latest after the discovery deadline. */
  readonly prefixReady: () => Promise<void>;
  /** The host name that a socket was told to connect to. */
  readonly hostOf: (owner: object | undefined) => string | undefined;
}
