import { decodeMessage, HEADER_OCTETS } from './message';
import { isSameName } from './name';
import { isSameClass, isSameType } from './packet';
import { spelledAs } from './spelling';
import { type Message, type Query, type Question, RCODE, SERVER_ERRORS } from './types';

/** What a server replied. */
export type Reply =
  | { readonly kind: 'answer'; readonly message: Message; readonly preservesCase: boolean }
  /** The answer is longer than a datagram. */
  | { readonly kind: 'truncated' }
  /**
   * The spelling of the question differs from the query: the reply is forged, or the server does not preserve the case.
   */
  | { readonly kind: 'other-case' }
  /** The server does not support EDNS (RFC 6891 §7). */
  | { readonly kind: 'no-edns' };

export interface Asked {
  readonly id: number;
  readonly query: Query;
  /** The octets of the name as sent, in mixed case. */
  readonly sentName: Buffer;
  /** The octets of the name as the caller gave it. */
  readonly name: Buffer;
  readonly mixedCase: boolean;
  readonly withEdns: boolean;
  readonly overTcp: boolean;
}

/**
 * Reads a datagram or message of a server. Undefined if it is a forgery (RFC 5452 §9.1) or does not answer this query:
 * the genuine reply may still come.
 * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE if the id matches but the message cannot be decoded
 */
export function readReply(bytes: Buffer, asked: Asked): Reply | undefined {
  if (bytes.length < HEADER_OCTETS || bytes.readUInt16BE(0) !== asked.id || !isResponse(bytes)) return undefined;
  // The question follows the header.
  const hasCase = bytes.subarray(HEADER_OCTETS, HEADER_OCTETS + asked.sentName.length).equals(asked.sentName);
  // Restore the caller's spelling first: most owner names are pointers to the question.
  if (hasCase) asked.name.copy(bytes, HEADER_OCTETS);
  const message = decodeMessage(bytes);
  if (message.opcode !== 0) return undefined;
  if (message.question === undefined) {
    if (!SERVER_ERRORS.has(message.rcode) || message.answers.length > 0) return undefined;
  } else {
    if (!isSameQuestion(message.question, asked.query)) return undefined;
    // A forger must guess the case too. TCP does not need this protection.
    if (!hasCase && !asked.overTcp && asked.mixedCase) return { kind: 'other-case' };
  }
  if (message.truncated) return asked.overTcp ? undefined : { kind: 'truncated' };
  const refusesEdns = message.rcode === RCODE.FORMERR || message.rcode === RCODE.NOTIMP;
  if (asked.withEdns && refusesEdns && message.edns === undefined) return { kind: 'no-edns' };
  const preservesCase = hasCase || message.question === undefined;
  return { kind: 'answer', message: spelledAs(asked.query, message), preservesCase };
}

function isSameQuestion(a: Question, b: Question): boolean {
  return isSameName(a.name, b.name) && isSameType(a.type, b.type) && isSameClass(a.class, b.class);
}

function isResponse(bytes: Buffer): boolean {
  return ((bytes[2] as number) & 0x80) !== 0;
}
