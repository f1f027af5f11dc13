import { parseIPv6 } from '../address/ipv6';
import { embeddedUnder } from '../address/pref64';
import { AnswerCache } from './answer-cache';
import { timeToLive } from './cache';
import { clientNetwork } from './client-network';
import { isDnsError } from './dns-error';
import { answer } from './dns64';
import { allPrefixes, type Dns64Config } from './dns64-config';
import { FairShare } from './fair-share';
import {
  decodeMessage,
  EXTENDED_ERROR,
  emptyResponse,
  encodeMessage,
  HEADER_OCTETS,
  UDP_PAYLOAD_OCTETS,
  UDP_PAYLOAD_OCTETS_WITHOUT_EDNS,
} from './message';
import { answerAgain, type QueryShape, type ReadyAnswer, shapeOf } from './ready-answer';
import { Counters } from './statistics';
import { type Edns, type Message, type Query, type Question, RCODE, type Upstream } from './types';

const MAX_OCTETS = 0xffff;
const NUMBER_OCTETS = 8;
/** The maximum number of queries at once. Others get SERVFAIL, so that a flood cannot use up the memory. */
const MAX_PENDING = 2000;
/** A client with one address of an IPv6 network controls the whole network. */
const CLIENT_BITS = { ipv4: 32, ipv6: 64 } as const;
/** A resolver does not serve zone transfers. */
const TRANSFERS: ReadonlySet<string> = new Set(['AXFR', 'IXFR']);

export interface ResponderOptions {
  readonly upstream: Upstream;
  readonly config: Dns64Config;
  /** The maximum number of cached answers. Default 10,000. */
  readonly cacheEntries?: number;
}

/** Maps the octets of a query to the octets of its answer: a DNS64 server without sockets. */
export class Responder {
  readonly counters = new Counters();
  readonly #upstream: Upstream;
  readonly #config: Dns64Config;
  readonly #cache: AnswerCache<ReadyAnswer>;
  readonly #pending = new FairShare(MAX_PENDING);

  constructor(options: ResponderOptions) {
    this.#upstream = options.upstream;
    this.#config = options.config;
    this.#cache = new AnswerCache({ maxEntries: options.cacheEntries ?? 10_000 });
  }

  /**
   * The answer: at once if it is cached, else a promise. Undefined if the octets must not be answered: they have no
   * complete header, or are an answer themselves. Never throws or rejects.
   * @param client its address, in the form that a socket reports
   */
  respond(bytes: Buffer, overTcp: boolean, client = '::'): Buffer | undefined | Promise<Buffer | undefined> {
    if (overTcp) this.counters.tcp++;
    else this.counters.udp++;
    if (bytes.length < HEADER_OCTETS || ((bytes[2] as number) & 0x80) !== 0) {
      this.counters.malformed++;
      return undefined;
    }
    const refusal = refusalOfHeader(bytes);
    if (refusal !== undefined) return this.#error(bytes, refusal);
    const shape = shapeOf(bytes);
    if (shape !== undefined) {
      const hit = this.#cache.get(shape.key);
      if (hit !== undefined && hit.value.bytes.length <= (overTcp ? MAX_OCTETS : udpLimit(shape.udpPayloadSize))) {
        this.counters.cacheHits++;
        if (hit.value.synthesized) this.counters.synthesized++;
        return answerAgain(hit.value, bytes, shape.questionEnd, hit.ageSeconds);
      }
    }
    return this.#respondSlowly(bytes, shape, overTcp, client);
  }

  /** The response to a query above the rate of its client: the question with TC, or none. */
  decline(bytes: Buffer, how: 'truncate' | 'drop'): Buffer | undefined {
    this.counters.udp++;
    const shape = how === 'truncate' ? shapeOf(bytes) : undefined;
    if (shape === undefined) {
      this.counters.rateDropped++;
      return undefined;
    }
    this.counters.rateTruncated++;
    return truncatedResponse(bytes, shape.questionEnd);
  }

  async #respondSlowly(
    bytes: Buffer,
    shape: QueryShape | undefined,
    overTcp: boolean,
    client: string,
  ): Promise<Buffer | undefined> {
    let request: Message;
    try {
      request = decodeMessage(bytes);
    } catch {
      return this.#error(bytes, RCODE.FORMERR);
    }
    // `refusalOfHeader` has seen that there is one.
    const question = request.question as Question;
    const { edns, checkingDisabled } = request;
    const query = { ...question, dnssecOk: edns?.dnssecOk ?? false, checkingDisabled };
    const refusal = refusalOf(question, edns);
    if (refusal !== undefined) return this.#encode(request, emptyResponse(query, refusal), overTcp);
    const done = this.#pending.take(clientNetwork(client, CLIENT_BITS));
    if (done === undefined) return this.#encode(request, emptyResponse(query, RCODE.SERVFAIL), overTcp);
    this.counters.countType(question.type);
    this.counters.pending = this.#pending.taken;
    try {
      const message = await this.#answer(query);
      const ttlOffsets: number[] = [];
      const encoded = this.#encode(request, message, overTcp, ttlOffsets);
      const synthesized = this.#isSynthesized(message);
      if (synthesized) this.counters.synthesized++;
      if (shape !== undefined && !isTruncated(encoded)) {
        const octets = encoded.length + ttlOffsets.length * NUMBER_OCTETS;
        this.#cache.set(shape.key, { bytes: encoded, ttlOffsets, synthesized }, timeToLive(message, question), octets);
      }
      return encoded;
    } catch {
      // The answer has a name or record that cannot be encoded. The client must still get an answer.
      return this.#encode(request, emptyResponse(query, RCODE.SERVFAIL), overTcp);
    } finally {
      done();
      this.counters.pending = this.#pending.taken;
    }
  }

  async #answer(query: Query): Promise<Message> {
    try {
      return await answer(query, this.#upstream, this.#config);
    } catch (error) {
      if (!isDnsError(error)) throw error;
      this.counters.upstreamFailures++;
      return emptyResponse(query, RCODE.SERVFAIL);
    }
  }

  #encode(request: Message, message: Message, overTcp: boolean, ttlOffsets: number[] = []): Buffer {
    const encoded = encodeMessage(
      {
        ...message,
        id: request.id,
        opcode: request.opcode,
        response: true,
        authoritative: false,
        truncated: false,
        recursionDesired: request.recursionDesired,
        recursionAvailable: true,
        checkingDisabled: request.checkingDisabled,
        // RFC 6840 §5.8: only for a client that signals that it understands the bit.
        authenticData: message.authenticData && (request.authenticData || request.edns?.dnssecOk === true),
        question: request.question,
        edns: ednsFor(request, message),
      },
      overTcp ? MAX_OCTETS : udpLimit(request.edns?.udpPayloadSize ?? 0),
      ttlOffsets,
    );
    this.counters.countRcode(message.rcode);
    if (isTruncated(encoded)) this.counters.truncated++;
    return encoded;
  }

  /** An error response to a query of which only the header was read. It repeats the id and the opcode. */
  #error(bytes: Buffer, rcode: number): Buffer {
    if (rcode === RCODE.FORMERR) this.counters.malformed++;
    this.counters.countRcode(rcode);
    const header = Buffer.alloc(HEADER_OCTETS);
    bytes.copy(header, 0, 0, 2);
    header[2] = 0x80 | ((bytes[2] as number) & 0x79);
    header[3] = 0x80 | rcode;
    return header;
  }

  #isSynthesized({ question, answers }: Message): boolean {
    if (question?.type !== 'AAAA') return false;
    const prefixes = allPrefixes(this.#config);
    return answers.some(
      ({ type, data }) => type === 'AAAA' && embeddedUnder(parseIPv6(data as string), prefixes) !== undefined,
    );
  }
}

/** The RCODE for a query that is rejected before decoding. Undefined if it is not. */
function refusalOfHeader(bytes: Buffer): number | undefined {
  if ((bytes[2] as number) & 0x78) return RCODE.NOTIMP;
  // RFC 9619: exactly one question.
  if (bytes.readUInt16BE(4) !== 1) return RCODE.FORMERR;
  // Answers and authorities have no meaning in a query. With them, a query could be as large as a zone.
  return bytes.readUInt32BE(6) === 0 ? undefined : RCODE.REFUSED;
}

/** The RCODE for a query that is rejected after decoding. Undefined if it is not. */
function refusalOf({ type }: Question, edns: Edns | undefined): number | undefined {
  if (edns !== undefined && edns.version !== 0) return RCODE.BADVERS;
  return TRANSFERS.has(type) ? RCODE.REFUSED : undefined;
}

/**
 * An OPT record for a client that sent one (RFC 6891 §6.1.1). Of the upstream's options only the extended error is
 * passed on.
 */
function ednsFor(request: Message, message: Message): Edns | undefined {
  if (request.edns === undefined) return undefined;
  const options = message.edns?.options.filter(({ code }) => code === EXTENDED_ERROR) ?? [];
  return { udpPayloadSize: UDP_PAYLOAD_OCTETS, version: 0, dnssecOk: request.edns.dnssecOk, options };
}

/** The maximum length of an answer over UDP: the client's limit, but never so long that the answer is fragmented. */
function udpLimit(udpPayloadSize: number): number {
  return Math.max(UDP_PAYLOAD_OCTETS_WITHOUT_EDNS, Math.min(udpPayloadSize, UDP_PAYLOAD_OCTETS));
}

/** The response is never longer than the query. */
function truncatedResponse(query: Buffer, questionEnd: number): Buffer {
  const response = Buffer.alloc(questionEnd);
  query.copy(response, 0, 0, questionEnd);
  // QR and TC, with the query's RD, then RA, with the query's CD.
  response[2] = 0x82 | ((query[2] as number) & 1);
  response[3] = 0x80 | ((query[3] as number) & 0x10);
  response.writeUInt16BE(0, 10);
  return response;
}

function isTruncated(encoded: Buffer): boolean {
  return ((encoded[2] as number) & 2) !== 0;
}
