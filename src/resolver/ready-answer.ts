import { HEADER_OCTETS, UDP_PAYLOAD_OCTETS_WITHOUT_EDNS } from './message';
import { MAX_NAME_OCTETS } from './name';
import { keyOfOctets } from './question-key';

const OPT_OCTETS = 11;

/** The parts of a query that decide its answer, found without decoding it. */
export interface QueryShape {
  /** The question and the relevant bits. */
  readonly key: string;
  readonly questionEnd: number;
  /** The largest datagram that the client can receive. 0 without EDNS. */
  readonly udpPayloadSize: number;
}

/**
 * Reads a query of the ordinary form: one question, followed by at most one OPT record. Undefined for any other query,
 * which the decoder handles.
 */
export function shapeOf(bytes: Buffer): QueryShape | undefined {
  if (bytes.length < HEADER_OCTETS + 5) return undefined;
  // A query with opcode 0, one question, no answer, no authority, at most one additional record.
  if (((bytes[2] as number) & 0xf8) !== 0 || bytes.readUInt16BE(4) !== 1 || bytes.readUInt32BE(6) !== 0)
    return undefined;
  let at = HEADER_OCTETS;
  for (let length = bytes[at] as number; length !== 0; length = bytes[at] as number) {
    at += length + 1;
    if (length > 63 || at >= bytes.length) return undefined;
  }
  const nameEnd = at + 1;
  const questionEnd = nameEnd + 4;
  if (questionEnd > bytes.length || nameEnd - HEADER_OCTETS > MAX_NAME_OCTETS) return undefined;
  // RD from the first octet of flags, AD and CD from the second.
  let bits = ((bytes[2] as number) & 1) | ((bytes[3] as number) & 0x30);
  let udpPayloadSize = 0;
  const additional = bytes.readUInt16BE(10);
  if (additional === 1) {
    if (bytes.length < questionEnd + OPT_OCTETS || bytes.readUInt32BE(questionEnd) >>> 8 !== 41) return undefined;
    // Version 0, with options that fill the message exactly.
    if (bytes[questionEnd + 6] !== 0) return undefined;
    if (bytes.readUInt16BE(questionEnd + 9) !== bytes.length - questionEnd - OPT_OCTETS) return undefined;
    udpPayloadSize = Math.max(bytes.readUInt16BE(questionEnd + 3), UDP_PAYLOAD_OCTETS_WITHOUT_EDNS);
    bits |= 0x40 | ((bytes[questionEnd + 7] as number) & 0x80);
  } else if (additional !== 0 || bytes.length !== questionEnd) return undefined;
  return { key: keyOfOctets(bytes, HEADER_OCTETS, nameEnd, bits), questionEnd, udpPayloadSize };
}

/** An encoded answer of the server. Sending it again costs a copy, the id and the TTLs. */
export interface ReadyAnswer {
  readonly bytes: Buffer;
  /** The offset of each record's TTL. */
  readonly ttlOffsets: readonly number[];
  readonly synthesized: boolean;
}

/** The octets that answer `query`. The answer was made for the same question. */
export function answerAgain(answer: ReadyAnswer, query: Buffer, questionEnd: number, ageSeconds: number): Buffer {
  const bytes = Buffer.allocUnsafe(answer.bytes.length);
  answer.bytes.copy(bytes);
  // The id, and the name as this client spells it.
  query.copy(bytes, 0, 0, 2);
  query.copy(bytes, HEADER_OCTETS, HEADER_OCTETS, questionEnd);
  if (ageSeconds > 0) {
    for (const at of answer.ttlOffsets) bytes.writeUInt32BE(Math.max(bytes.readUInt32BE(at) - ageSeconds, 0), at);
  }
  return bytes;
}
