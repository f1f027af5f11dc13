import { monotonicMs } from '../../address/monotonic-clock';
import { Waiting } from '../../kept-callbacks';
import { setMethod } from '../set-method';
import type { CaresChannels, Channel, Query, QueryRequest } from './resolve-channels';

/** c-ares' answer for the addresses of a name in one family. */
export interface RawAnswer {
  readonly error: string | number | null;
  /** `ttl` in seconds. */
  readonly records: readonly { readonly address: string; readonly ttl: number }[];
}

/** How long an answer can serve another query. A program that wants both families asks for both at once. */
const HOLDS_MS = 1_000;
const MAX_NAMES = 256;

interface Known {
  /** Undefined while the query is pending. */
  answer: RawAnswer | undefined;
  untilMs: number;
  waiting: Waiting<[answer: RawAnswer]> | undefined;
}

/**
 * The queries of one family. The program's own queries are recorded: when an answer of the other family must be
 * completed, the recorded answer is used. Otherwise a program that asks for A and AAAA would cause three queries for
 * one name.
 */
export class AddressAnswers {
  readonly #channels: CaresChannels;
  readonly #query: Query;
  readonly #known = new WeakMap<Channel, Map<string, Known>>();

  constructor(channels: CaresChannels, query: Query) {
    this.#channels = channels;
    this.#query = query;
  }

  /** Sends the program's query. `finish` gets the answer, and a function that returns an answer to the program. */
  ask(
    channel: Channel,
    req: QueryRequest,
    name: string,
    finish: (answer: RawAnswer, give: (answer: RawAnswer) => void) => void,
  ): number {
    const { oncomplete } = req;
    const known = this.#note(channel, name);
    setMethod(req, 'oncomplete', (error, addresses, ttls) => {
      const answer = rawAnswer(error, addresses, ttls);
      this.#settle(known, answer);
      finish(answer, (given) => {
        // An unchanged answer is passed on with the exact values of c-ares.
        if (given === answer) oncomplete.call(req, error, addresses, ttls);
        else if (given.error !== null) oncomplete.call(req, given.error);
        else oncomplete.call(req, null, ...listsOf(given));
      });
    });
    const status = this.#channels.ask(channel, this.#query, req, name);
    if (status !== 0) this.#settle(known, rawAnswer(status));
    return status;
  }

  /** The recorded answer, or the pending one. Else sends a new query with a request of the same class as `like`. */
  find(channel: Channel, like: QueryRequest, name: string, done: (answer: RawAnswer) => void): void {
    const known = this.#known.get(channel)?.get(name.toLowerCase());
    if (known?.answer === undefined && known !== undefined) {
      known.waiting ??= new Waiting();
      known.waiting.add(done);
    } else if (known?.answer !== undefined && known.untilMs > monotonicMs()) done(known.answer);
    else {
      const request = Reflect.construct(Object.getPrototypeOf(like).constructor as new () => QueryRequest, []);
      setMethod(request, 'oncomplete', (error, addresses, ttls) => done(rawAnswer(error, addresses, ttls)));
      const status = this.#channels.ask(channel, this.#query, request, name);
      if (status !== 0) done(rawAnswer(status));
    }
  }

  #note(channel: Channel, name: string): Known {
    let names = this.#known.get(channel);
    if (names === undefined) {
      names = new Map();
      this.#known.set(channel, names);
    }
    if (names.size >= MAX_NAMES) names.clear();
    const known: Known = { answer: undefined, untilMs: 0, waiting: undefined };
    names.set(name.toLowerCase(), known);
    return known;
  }

  #settle(known: Known, answer: RawAnswer): void {
    known.answer = answer;
    known.untilMs = monotonicMs() + HOLDS_MS;
    known.waiting?.release(answer);
  }
}

/** c-ares reports 0 if there is no error. */
function rawAnswer(error: string | number | null, addresses: unknown = [], ttls: number[] = []): RawAnswer {
  const records = (addresses as string[]).map((address, i) => ({ address, ttl: ttls[i] ?? 0 }));
  return { error: error || null, records };
}

function listsOf({ records }: RawAnswer): [addresses: string[], ttls: number[]] {
  return [records.map(({ address }) => address), records.map(({ ttl }) => ttl)];
}
