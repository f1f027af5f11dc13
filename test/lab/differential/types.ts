// What is asked, of whom, and what came back: spoken between run.ts and ask.ts as JSON.
import type { Query } from '../../../src/resolver/types.js';

/** Of class IN unless it says so. */
export type Question = Omit<Query, 'class'> & { readonly class?: string };

/** `plain` is the upstream of v6only: what passes unchanged is compared with it. */
export type ServerName = 'v6only' | 'unbound' | 'bind' | 'plain';

/** What is compared of an answer. */
export interface Answered {
  readonly failure?: undefined;
  readonly rcode: number;
  readonly ad: boolean;
  /** `owner type data`, in lower case and sorted; without signatures. */
  readonly answers: readonly string[];
  readonly soa: boolean;
  /** Type → TTL of the last such record. */
  readonly ttls: Readonly<Partial<Record<string, number>>>;
}

/** No answer: the error's code. */
export interface Failed {
  readonly failure: string;
  readonly rcode?: undefined;
  readonly ad?: undefined;
  readonly answers?: undefined;
  readonly ttls?: undefined;
}

export type Answer = Answered | Failed;
/** What each server says to one question. */
export type Answers = Readonly<Record<ServerName, Answer>>;

/** How patiently is asked. */
export interface Patience {
  /** For each answer. */
  readonly timeoutMs: number;
  /** So many questions at once. */
  readonly concurrency: number;
}

/** What ask.ts reads; it prints `Answers[]`, in the order of the questions. */
export interface Order extends Patience {
  /** Server → address. */
  readonly servers: Readonly<Record<ServerName, string>>;
  readonly questions: readonly Question[];
}
