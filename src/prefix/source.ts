import type { Pref64 } from '../address/pref64';

/** The source of a prefix: a Router Advertisement (RFC 8781), or the network's DNS64 (RFC 7050). */
export type SourceName = 'router' | 'discovery';

/** The answer of a source about the NAT64 of this network. */
export interface SourceAnswer {
  readonly source: SourceName;
  /** In order of preference. Empty: the network has no NAT64, or does not announce it. */
  readonly prefixes: readonly Pref64[];
  /** Milliseconds for which the answer is valid. Undefined if it does not say. */
  readonly holdsMs: number | undefined;
  /** Whether the prefixes must not be used after that time (RFC 8781 §4.1), even if no other answer has come. */
  readonly ends: boolean;
}

/**
 * Asks once. Nothing that it opens may keep the process alive: the code that waits for the answer does.
 * @throws if there is no positive or negative answer
 */
export type Ask = (signal: AbortSignal) => Promise<SourceAnswer>;
