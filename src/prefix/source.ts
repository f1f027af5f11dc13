import type { Pref64 } from '../address/pref64';

/** Who named a prefix: a Router Advertisement (RFC 8781), or the network's DNS64 (RFC 7050). */
export type SourceName = 'router' | 'discovery';

/** What a source says about the NAT64 of this network. */
export interface SourceAnswer {
  readonly source: SourceName;
  /** In order of preference. None: the network has no NAT64, or tells nobody. */
  readonly prefixes: readonly Pref64[];
  /** Milliseconds for which the answer holds; undefined where it does not say. */
  readonly holdsMs: number | undefined;
  /** Whether the prefixes must not be used any longer than that (RFC 8781 §4.1), though nothing better is known. */
  readonly ends: boolean;
}

/**
 * Asks once. Nothing that it opens may keep the process alive: who waits for the answer does that.
 * @throws when there is no answer that says yes or no
 */
export type Ask = (signal: AbortSignal) => Promise<SourceAnswer>;
