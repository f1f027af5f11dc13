import { timeToLive } from './cache';
import { decodeMessage } from './message';
import type { Message, Question } from './types';

const HEADER_OCTETS = 12;
const OPT_OCTETS = 11;

/** What of a query decides its answer, found without decoding it. */
export interface QueryShape {
  /** The question and the bits that matter, as a key. */
  readonly key: string;
  readonly questionEnd: number;
  /** What the asker can receive over UDP; 0 without EDNS. */
  readonly udpPayloadSize: number;
}

/**
 * Reads a query of the ordinary shape: one question, at most an OPT record behind it. Undefined for all else, which takes
 * the longer way through the decoder.
 */
export function shapeOf(bytes: Buffer): QueryShape | undefined {
  if (bytes.length < HEADER_OCTETS + 5) return undefined;
  // A query, opcode 0; one question, no answer, no authority, at most one additional record.
  if (((bytes[2] as number) & 0xf8) !== 0 || bytes.readUInt16BE(4) !== 1 || bytes.readUInt32BE(6) !== 0)
    return undefined;
  let at = HEADER_OCTETS;
  for (let length = bytes[at] as number; length !== 0; length = bytes[at] as number) {
    at += length + 1;
    if (length > 63 || at >= bytes.length) return undefined;
  }
  const questionEnd = at + 5;
  if (questionEnd > bytes.length) return undefined;
  // RD of the first octet of flags, AD and CD of the second.
  let bits = ((bytes[2] as number) & 1) | ((bytes[3] as number) & 0x30);
  let udpPayloadSize = 0;
  const additional = bytes.readUInt16BE(10);
  if (additional === 1) {
    if (bytes.length < questionEnd + OPT_OCTETS || bytes.readUInt32BE(questionEnd) >>> 8 !== 41) return undefined;
    // Version 0, and its options fill the message.
    if (bytes[questionEnd + 6] !== 0) return undefined;
    if (bytes.readUInt16BE(questionEnd + 9) !== bytes.length - questionEnd - OPT_OCTETS) return undefined;
    udpPayloadSize = Math.max(bytes.readUInt16BE(questionEnd + 3), 512);
    bits |= 0x40 | ((bytes[questionEnd + 7] as number) & 0x80);
  } else if (additional !== 0 || bytes.length !== questionEnd) return undefined;
  const key = String.fromCharCode(bits) + bytes.toString('latin1', HEADER_OCTETS, questionEnd).toLowerCase();
  return { key, questionEnd, udpPayloadSize };
}

interface Entry {
  readonly bytes: Buffer;
  readonly ttlOffsets: readonly number[];
  readonly storedAt: number;
  readonly expiresAt: number;
  readonly synthesized: boolean;
}

export interface WireHit {
  readonly bytes: Buffer;
  readonly synthesized: boolean;
}

/** Answers of the server, ready to be sent: a hit costs a copy, an id and the TTLs. */
export class WireCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  readonly #now: () => number;

  constructor(maxEntries: number, now: () => number = Date.now) {
    this.#maxEntries = maxEntries;
    this.#now = now;
  }

  /** The answer to `query`, if it is no longer than `maxOctets`. */
  get(query: Buffer, shape: QueryShape, maxOctets: number): WireHit | undefined {
    const entry = this.#entries.get(shape.key);
    if (entry === undefined) return undefined;
    const now = this.#now();
    if (now >= entry.expiresAt) {
      this.#entries.delete(shape.key);
      return undefined;
    }
    if (entry.bytes.length > maxOctets) return undefined;
    const bytes = Buffer.allocUnsafe(entry.bytes.length);
    entry.bytes.copy(bytes);
    // The id, and the letters of the name as this asker wrote them.
    query.copy(bytes, 0, 0, 2);
    query.copy(bytes, HEADER_OCTETS, HEADER_OCTETS, shape.questionEnd);
    const elapsed = Math.floor((now - entry.storedAt) / 1000);
    if (elapsed > 0) {
      for (const at of entry.ttlOffsets) bytes.writeUInt32BE(Math.max(bytes.readUInt32BE(at) - elapsed, 0), at);
    }
    return { bytes, synthesized: entry.synthesized };
  }

  /** Keeps the encoded form of `message`, for as long as it holds. */
  set(shape: QueryShape, question: Question, message: Message, bytes: Buffer, synthesized: boolean): void {
    const ttlSeconds = timeToLive(message, question);
    if (ttlSeconds <= 0) return;
    const ttlOffsets = decodeMessage(bytes).wire?.ttlOffsets ?? [];
    const storedAt = this.#now();
    this.#entries.delete(shape.key);
    this.#entries.set(shape.key, { bytes, ttlOffsets, storedAt, expiresAt: storedAt + ttlSeconds * 1000, synthesized });
    // The oldest go first: what is still asked for comes back at once, from the cache of answers behind this one.
    if (this.#entries.size > this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value as string);
  }

  clear(): void {
    this.#entries.clear();
  }
}
