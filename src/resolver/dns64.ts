/**
 * The DNS64 of RFC 6147 as a function from a question and an upstream to an answer. Decisions (`should…`, `is…`), I/O
 * (`answer…`) and synthesis (synthesis.ts) are separate. This file opens no socket.
 *
 * It does not validate DNSSEC: it is the security-oblivious DNS64 of §3. It relies on a validating upstream, which
 * reports a failure as SERVFAIL (§5.5).
 */
import { followChain, MAX_CHAIN, negativeTtl, recordsAt, withMadeAliases } from './chain';
import { isDnsError } from './dns-error';
import type { Dns64Config } from './dns64-config';
import { answerPtr } from './dns64-ptr';
import { answerLocally, shouldAnswerLocally } from './ipv4only';
import { EXTENDED_ERROR, emptyResponse } from './message';
import { spelledAs } from './spelling';
import { answerAaaa, type TimedAddress } from './synthesis';
import { isVerdict, type Message, type Query, RCODE, type ResourceRecord, type Upstream } from './types';

/**
 * Answers one query.
 * @throws DnsError if the upstream did not answer a query that this answer needs
 */
export async function answer(query: Query, upstream: Upstream, config: Dns64Config): Promise<Message> {
  return addressedTo(query, await decide(query, upstream, config));
}

async function decide(query: Query, upstream: Upstream, config: Dns64Config): Promise<Message> {
  // RFC 6147 §5.1: queries for another class are passed through.
  if (query.class !== 'IN') return upstream.query(query);
  if (config.answersIpv4Only && shouldAnswerLocally(query)) return answerLocally(query, config);
  // §5.5 (3): a client that validates by itself (DO and CD) must see the data of the zone.
  const validatesItself = query.dnssecOk && query.checkingDisabled;
  if (query.type === 'AAAA' && !validatesItself) return askForAaaa(query, upstream, config);
  if (query.type === 'PTR') {
    const ask = (other: Query) => answer(other, upstream, config);
    return (await answerPtr(query, ask, config)) ?? upstream.query(query);
  }
  // §5.3.3: all other queries, A included, are passed through unchanged.
  return upstream.query(query);
}

/**
 * The answer with the question's spelling of the name, and with the CNAME that each DNAME produces (RFC 6672 §3.1).
 * Clients rely on both.
 */
function addressedTo(query: Query, message: Message): Message {
  const spelled = spelledAs(query, message);
  const chain = followChain(query.name, spelled.answers);
  const rcode = chain.tooLong ? RCODE.YXDOMAIN : message.rcode;
  return { ...spelled, rcode, answers: withMadeAliases(spelled.answers, chain) };
}

async function askForAaaa(query: Query, upstream: Upstream, config: Dns64Config): Promise<Message> {
  const asked = await attempt(() => queryWhole(query, upstream));
  const native = asked instanceof Error ? undefined : asked;
  // §5.1.2: NXDOMAIN applies to every type, so it is the answer. Any other error counts as an empty answer.
  if (native?.rcode === RCODE.NXDOMAIN) return native;
  const aaaa = native === undefined ? [] : addressesIn(query, native, 'AAAA');
  const decision = answerAaaa({ aaaa }, config);
  if (decision.kind !== 'ask-a') {
    if (native === undefined) throw asked;
    return withAaaa(native, aaaa, decision.kind === 'native' ? decision.addresses : []);
  }
  const [bogus, a] = await Promise.all([
    isBogus(query, native, upstream),
    attempt(() => queryWhole({ ...query, type: 'A' }, upstream)),
  ]);
  // §5.5: synthesized data must not hide data that fails validation.
  if (bogus && native !== undefined) return native;
  if (a instanceof Error) throw a;
  return composeAnswer(query, native, a, config);
}

interface AddressRecord extends TimedAddress {
  readonly record: ResourceRecord;
}

/** The addresses of `type` at the end of the chain. */
function addressesIn(query: Query, { rcode, answers }: Message, type: 'A' | 'AAAA'): AddressRecord[] {
  if (rcode !== RCODE.NOERROR) return [];
  const { target } = followChain(query.name, answers);
  return recordsAt(target, type, answers).map((record) => ({
    address: record.data as string,
    ttl: record.ttl,
    record,
  }));
}

/** RFC 6147 §5.1.4: removes the excluded records, and the signature, which no longer matches the incomplete set. */
function withAaaa(message: Message, all: readonly AddressRecord[], kept: readonly AddressRecord[]): Message {
  if (kept.length === all.length) return message;
  const offending = new Set(all.filter((one) => !kept.includes(one)).map(({ record }) => record));
  const answers = message.answers.filter((r) => !offending.has(r) && !isSignatureOver(r, 'AAAA'));
  return { ...message, answers, authenticData: false };
}

/** RFC 6147 §5.1.5 to §5.1.7: the chain, then one record for each A record and prefix. */
function composeAnswer(query: Query, native: Message | undefined, answer: Message, config: Dns64Config): Message {
  // Synthesized data is not authentic (§5.5), and neither is an answer to a different question from the one sent
  // upstream.
  const base = { ...answer, authenticData: false, authoritative: false };
  const a = addressesIn(query, answer, 'A');
  // §5.1.6: if the answer for A is empty or an error, it becomes the answer.
  if (a.length === 0) return base;
  const negativeTtlSeconds = native === undefined ? undefined : negativeTtl(native);
  const decision = answerAaaa({ aaaa: [], a, negativeTtlSeconds }, config);
  const chain = answer.answers.filter((r) => r.type !== 'A' && !isSignatureOver(r, 'A'));
  if (decision.kind !== 'synthesized') {
    // No address may be embedded (RFC 6052 §3.1), so the name has no AAAA. The zone's SOA says for how long.
    return { ...base, answers: chain, authorities: native?.authorities ?? [], additionals: native?.additionals ?? [] };
  }
  const synthesized = decision.addresses.map(({ address, ttl, from: { record } }) => ({
    // §5.1.7: owner and class come from the A record.
    ...{ name: record.name, type: 'AAAA', class: record.class, ttl, data: address },
  }));
  return { ...base, answers: [...chain, ...synthesized] };
}

/**
 * Sends a query, and follows a chain to its end if the upstream did not (RFC 6147 §5.1.5). A recursive server follows
 * it. An authoritative one stops where its zone ends.
 */
async function queryWhole(query: Query, upstream: Upstream): Promise<Message> {
  let message = await upstream.query(query);
  let asked = query.name;
  for (let hops = 0; message.rcode === RCODE.NOERROR; hops++) {
    const chain = followChain(query.name, message.answers);
    if (chain.endless || hops > MAX_CHAIN) return emptyResponse(query, RCODE.SERVFAIL);
    if (chain.tooLong) return { ...message, rcode: RCODE.YXDOMAIN };
    // The name that was asked for last has no alias: an answer without records and without an SOA is an empty one.
    if (chain.target === asked || isWhole(message, chain.target, query)) return message;
    asked = chain.target;
    const next = await upstream.query({ ...query, name: chain.target });
    const answers = [...message.answers, ...next.answers];
    message = { ...next, question: query, answers, authenticData: message.authenticData && next.authenticData };
  }
  return message;
}

/**
 * Whether the answer contains the end of its chain: the records, or an SOA that says there are none (RFC 2308 §2.2).
 */
function isWhole(message: Message, target: string, query: Query): boolean {
  return (
    recordsAt(target, query.type, message.answers).length > 0 ||
    message.authorities.some((record) => record.type === 'SOA')
  );
}

/** Extended errors (RFC 8914 §4) that report a failed validation. */
const BOGUS_ERRORS: ReadonlySet<number> = new Set([6, 7, 8, 9, 10, 11, 12, 25]);

/**
 * Whether SERVFAIL means that the data failed validation (RFC 6147 §5.5): the upstream says so, or answers when
 * checking is disabled.
 */
async function isBogus(query: Query, native: Message | undefined, upstream: Upstream): Promise<boolean> {
  if (native?.rcode !== RCODE.SERVFAIL || query.checkingDisabled) return false;
  const error = native.edns?.options.find((option) => option.code === EXTENDED_ERROR && option.data.length >= 2);
  if (error !== undefined && BOGUS_ERRORS.has(error.data.readUInt16BE(0))) return true;
  const unchecked = await attempt(() => upstream.query({ ...query, checkingDisabled: true }));
  return !(unchecked instanceof Error) && isVerdict(unchecked.rcode);
}

/** Whether a record is the RRSIG over records of `type`. */
function isSignatureOver(record: ResourceRecord, type: string): boolean {
  return record.type === 'RRSIG' && (record.data as { typeCovered?: unknown }).typeCovered === type;
}

/**
 * RFC 6147 §5.1.3: a missing answer counts as an error answer, so it is returned as a value. Any error but a `DnsError`
 * is thrown.
 */
async function attempt(ask: () => Promise<Message>): Promise<Message | Error> {
  try {
    return await ask();
  } catch (error) {
    if (isDnsError(error) && error.code !== 'ECANCELLED') return error;
    throw error;
  }
}
