import { AnswerCache, type AnswerCacheOptions, type Cached } from './answer-cache';
import { followChain, negativeTtl } from './chain';
import { canonicalName } from './name';
import { questionKey } from './question-key';
import { isVerdict, type Message, type Query, RCODE, type ResourceRecord, type Upstream } from './types';

/** Default: 1000 entries. A stale answer is used only if no server answers (RFC 8767). */
export type CacheOptions = Partial<AnswerCacheOptions>;

/** One day: RFC 8767 §4 and RFC 2181 leave the upper limit to the cache. */
const MAX_TTL_SECONDS = 86_400;
/** RFC 2308 §5: negative answers are valid for three hours at most. */
const MAX_NEGATIVE_TTL_SECONDS = 10_800;
/** RFC 8767 §4: the TTL of a stale answer. */
const STALE_TTL_SECONDS = 30;
/** Longer messages are rare and not worth the memory. */
const MAX_OCTETS = 16_384;

/**
 * A bounded cache of answers in front of an upstream. An answer is stored under its own question only: its records
 * never answer another question.
 */
export class CachingUpstream implements Upstream {
  readonly #upstream: Upstream;
  readonly #cache: AnswerCache<Message>;

  constructor(upstream: Upstream, options: CacheOptions = {}) {
    this.#upstream = upstream;
    this.#cache = new AnswerCache({ maxEntries: 1000, ...options });
  }

  async query(query: Query): Promise<Message> {
    const key = questionKey(query);
    // An invalid question cannot have a cached answer. The upstream reports the error.
    if (key === undefined) return this.#upstream.query(query);
    const known = this.#cache.get(key);
    if (known !== undefined && !known.stale) return aged(known);
    const stale = known?.value;
    try {
      const message = await this.#upstream.query(query);
      if (stale !== undefined && !isVerdict(message.rcode)) return withTtl(stale, () => STALE_TTL_SECONDS);
      // An answer that cannot be cached must not replace a cached one.
      const ttlSeconds = timeToLive(message, query);
      if (ttlSeconds > 0 && (message.octets ?? 0) <= MAX_OCTETS)
        this.#cache.set(key, message, ttlSeconds, memoryOf(message));
      return message;
    } catch (error) {
      if (stale === undefined) throw error;
      return withTtl(stale, () => STALE_TTL_SECONDS);
    }
  }
}

/**
 * Seconds for which an answer may be cached. 0: not at all. Errors, negative answers without an SOA (RFC 2308 §5) and
 * truncated answers (RFC 2181 §9) are not cached.
 */
export function timeToLive(message: Message, query: Pick<Query, 'name' | 'type'>): number {
  if (message.truncated || !isVerdict(message.rcode)) return 0;
  const least = Math.min(MAX_TTL_SECONDS, ...message.answers.map(({ ttl }) => ttl));
  const { target } = followChain(query.name, message.answers);
  const isPositive = message.answers.some(
    ({ name, type }) =>
      canonicalName(name) === canonicalName(target) &&
      (type === query.type || (query.type === 'ANY' && type !== 'CNAME')),
  );
  const isAlias = query.type === 'CNAME' && message.answers.length > 0;
  if (message.rcode === RCODE.NOERROR && (isPositive || isAlias)) return least;
  return Math.min(least, negativeTtl(message) ?? 0, MAX_NEGATIVE_TTL_SECONDS);
}

/** What an object takes that stands for a record, or for one of its texts. */
const OBJECT_OCTETS = 300;

/** The memory that a decoded message takes, in octets, roughly: records of a few octets become objects. */
function memoryOf({ octets = 0, answers, authorities, additionals }: Message): number {
  let objects = 1;
  for (const section of [answers, authorities, additionals]) {
    for (const { data } of section) objects += 1 + (Array.isArray(data) ? data.length : 0);
  }
  return octets + objects * OBJECT_OCTETS;
}

/** The answer with its remaining TTLs. */
function aged({ value, ageSeconds }: Cached<Message>): Message {
  return ageSeconds === 0 ? value : withTtl(value, (ttl) => Math.max(ttl - ageSeconds, 0));
}

function withTtl(message: Message, map: (ttl: number) => number): Message {
  const age = (records: readonly ResourceRecord[]) => records.map((record) => ({ ...record, ttl: map(record.ttl) }));
  const { answers, authorities, additionals } = message;
  return { ...message, answers: age(answers), authorities: age(authorities), additionals: age(additionals) };
}
