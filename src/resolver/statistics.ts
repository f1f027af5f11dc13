import { monotonicMs } from '../address/monotonic-clock';

/** What a DNS64 server has done since its start. */
export interface Dns64Statistics {
  readonly uptimeSeconds: number;
  readonly queries: { readonly udp: number; readonly tcp: number };
  readonly types: Readonly<Record<string, number>>;
  /** Answers with addresses synthesized under a prefix. */
  readonly synthesized: number;
  /** Answers from the cache of encoded answers. */
  readonly cacheHits: number;
  readonly rcodes: Readonly<Record<string, number>>;
  /** Queries that could not be decoded or must not be answered. */
  readonly malformed: number;
  /** Answers that did not fit in a datagram. */
  readonly truncated: number;
  /** Queries over UDP above the rate of their client: answered with TC only, or dropped. */
  readonly rateLimited: { readonly truncated: number; readonly dropped: number };
  /** Queries that no upstream answered. */
  readonly upstreamFailures: number;
  /** Queries being answered now. */
  readonly pending: number;
}

/** The counters behind `Dns64Statistics`. */
export class Counters {
  readonly #startedAt = monotonicMs();
  udp = 0;
  tcp = 0;
  synthesized = 0;
  cacheHits = 0;
  malformed = 0;
  truncated = 0;
  rateTruncated = 0;
  rateDropped = 0;
  upstreamFailures = 0;
  pending = 0;
  readonly #types = new Map<string, number>();
  readonly #rcodes = new Map<string, number>();

  countType(type: string): void {
    count(this.#types, type);
  }

  countRcode(rcode: number): void {
    count(this.#rcodes, RCODE_NAMES[rcode] ?? `RCODE${rcode}`);
  }

  snapshot(): Dns64Statistics {
    const { synthesized, cacheHits, malformed, truncated, upstreamFailures, pending } = this;
    return {
      uptimeSeconds: Math.round((monotonicMs() - this.#startedAt) / 1000),
      queries: { udp: this.udp, tcp: this.tcp },
      types: Object.fromEntries(this.#types),
      rcodes: Object.fromEntries(this.#rcodes),
      rateLimited: { truncated: this.rateTruncated, dropped: this.rateDropped },
      ...{ synthesized, cacheHits, malformed, truncated, upstreamFailures, pending },
    };
  }
}

const RCODE_NAMES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const;
/** A client can name 65,536 types. Types beyond this number are counted together. */
const MAX_KEYS = 64;

function count(counters: Map<string, number>, key: string): void {
  const known = counters.has(key) || counters.size < MAX_KEYS ? key : 'other';
  counters.set(known, (counters.get(known) ?? 0) + 1);
}
