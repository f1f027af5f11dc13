import { malformed } from './malformed';
import { encodeName } from './name';
import { NameReader } from './name-reader';
import { classCode, className, typeCode, typeName } from './packet';
import { encodeData, readData } from './record-data';
import { StepCounter } from './step-counter';
import type { Edns, EdnsOption, Message, Query, Question, ResourceRecord } from './types';

export const HEADER_OCTETS = 12;
const FLAG = { QR: 0x8000, AA: 0x400, TC: 0x200, RD: 0x100, RA: 0x80, AD: 0x20, CD: 0x10 } as const;
const EDNS_DO = 0x8000;
const OPT = 41;
/** The code of the EDNS option with an extended error (RFC 8914 §2). */
export const EXTENDED_ERROR = 15;

/** The payload size offered to servers. No answer of this size is fragmented (RFC 9715, DNS Flag Day 2020). */
export const UDP_PAYLOAD_OCTETS = 1232;
/** The largest message that a receiver without EDNS accepts (RFC 1035 §4.2.1). */
export const UDP_PAYLOAD_OCTETS_WITHOUT_EDNS = 512;

/** The cost of a record or an option besides its octets: each becomes an object. */
const STEPS_PER_OBJECT = 32;

/**
 * Decodes and checks a message. This function reads framing and names. `readData` has dns-packet read record data, and
 * checks the result.
 * @param steps counts and bounds the work
 * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE, and no other error, for any octets
 */
export function decodeMessage(bytes: Buffer, steps: StepCounter = new StepCounter(bytes.length)): Message {
  if (bytes.length < HEADER_OCTETS) throw malformed(`${bytes.length} octets are too few for a header`);
  const flags = bytes.readUInt16BE(2);
  const questionCount = bytes.readUInt16BE(4);
  // More than one question has no meaning (RFC 9619).
  if (questionCount > 1) throw malformed(`${questionCount} questions`);
  const names = new NameReader(bytes, steps);
  let offset = HEADER_OCTETS;
  let question: Question | undefined;
  if (questionCount === 1) {
    const { name, end } = names.read(offset);
    if (end + 4 > bytes.length) throw malformed('the question is cut off');
    question = { name, type: typeName(bytes.readUInt16BE(end)), class: className(bytes.readUInt16BE(end + 2)) };
    offset = end + 4;
  }
  let edns: Edns | undefined;
  let upperRcode = 0;
  const readSection = (count: number): ResourceRecord[] => {
    const records: ResourceRecord[] = [];
    for (let i = 0; i < count; i++) {
      steps.spend(STEPS_PER_OBJECT);
      const { name, end } = names.read(offset);
      if (end + 10 > bytes.length) throw malformed('a record is cut off');
      const length = bytes.readUInt16BE(end + 8);
      offset = end + 10 + length;
      if (offset > bytes.length) throw malformed('a record is cut off');
      const code = bytes.readUInt16BE(end);
      if (code === OPT) {
        if (edns !== undefined) throw malformed('two OPT records');
        edns = readEdns(bytes, end, offset, steps);
        upperRcode = bytes[end + 4] as number;
        continue;
      }
      const type = typeName(code);
      records.push({
        name,
        type,
        class: className(bytes.readUInt16BE(end + 2)),
        ttl: readTtl(bytes, end + 4),
        ...readData(names, end + 8, length, type),
      });
    }
    return records;
  };
  const answers = readSection(bytes.readUInt16BE(6));
  const authorities = readSection(bytes.readUInt16BE(8));
  const additionals = readSection(bytes.readUInt16BE(10));
  return {
    id: bytes.readUInt16BE(0),
    response: (flags & FLAG.QR) !== 0,
    opcode: (flags >> 11) & 15,
    rcode: (upperRcode << 4) | (flags & 15),
    authoritative: (flags & FLAG.AA) !== 0,
    truncated: (flags & FLAG.TC) !== 0,
    recursionDesired: (flags & FLAG.RD) !== 0,
    recursionAvailable: (flags & FLAG.RA) !== 0,
    authenticData: (flags & FLAG.AD) !== 0,
    checkingDisabled: (flags & FLAG.CD) !== 0,
    question,
    answers,
    authorities,
    additionals,
    edns,
    octets: bytes.length,
  };
}

/** A TTL with the highest bit set counts as zero (RFC 2181 §8). */
function readTtl(bytes: Buffer, offset: number): number {
  const ttl = bytes.readUInt32BE(offset);
  return ttl > 0x7fffffff ? 0 : ttl;
}

/** Reads an OPT record whose type stands at `start` (RFC 6891 §6.1.2). */
function readEdns(bytes: Buffer, start: number, end: number, steps: StepCounter): Edns {
  const options: EdnsOption[] = [];
  for (let at = start + 10; at < end; ) {
    steps.spend(STEPS_PER_OBJECT);
    if (at + 4 > end) throw malformed('an EDNS option is cut off');
    const length = bytes.readUInt16BE(at + 2);
    if (at + 4 + length > end) throw malformed('an EDNS option is cut off');
    options.push({ code: bytes.readUInt16BE(at), data: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return {
    udpPayloadSize: bytes.readUInt16BE(start + 2),
    version: bytes[start + 5] as number,
    dnssecOk: (bytes.readUInt16BE(start + 6) & EDNS_DO) !== 0,
    options,
  };
}

/**
 * Encodes a message. An owner name is compressed if it repeats the question's name or an earlier owner's.
 * @param maxOctets a longer message loses its records and gets TC (RFC 2181 §9)
 * @param ttlOffsets receives the offset of each record's TTL
 * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE if a name or record cannot be encoded
 */
export function encodeMessage(message: Message, maxOctets = 0xffff, ttlOffsets: number[] = []): Buffer {
  const parts: Buffer[] = [Buffer.alloc(HEADER_OCTETS)];
  const names = new Map<string, number>();
  let size = HEADER_OCTETS;
  const push = (part: Buffer) => {
    parts.push(part);
    size += part.length;
  };
  const ownerName = (name: string): Buffer => {
    const known = names.get(name);
    if (known !== undefined) return Buffer.from([0xc0 | (known >> 8), known & 255]);
    if (size < 0x4000) names.set(name, size);
    return encodeName(name);
  };
  const { question } = message;
  if (question !== undefined) push(Buffer.concat([ownerName(question.name), typeAndClass(question)]));
  const head = parts.slice();
  const opt = message.edns === undefined ? undefined : encodeEdns(message.edns, message.rcode);
  for (const record of [...message.answers, ...message.authorities, ...message.additionals]) {
    const owner = ownerName(record.name);
    ttlOffsets.push(size + owner.length + 4);
    push(encodeRecord(record, owner));
    // The message is too long already, and will lose all records.
    if (size > maxOctets) break;
  }
  const truncated = size + (opt?.length ?? 0) > maxOctets;
  const result = Buffer.concat([...(truncated ? head : parts), ...(opt === undefined ? [] : [opt])]);
  result.writeUInt16BE(message.id, 0);
  result.writeUInt16BE(encodeFlags(message) | (truncated ? FLAG.TC : 0), 2);
  result.writeUInt16BE(question === undefined ? 0 : 1, 4);
  if (!truncated) {
    result.writeUInt16BE(message.answers.length, 6);
    result.writeUInt16BE(message.authorities.length, 8);
  }
  result.writeUInt16BE((truncated ? 0 : message.additionals.length) + (opt === undefined ? 0 : 1), 10);
  return result;
}

function encodeRecord(record: ResourceRecord, name: Buffer): Buffer {
  const data = encodeData(record);
  if (data.length > 0xffff) throw malformed(`${record.type} data of ${data.length} octets`);
  const fixed = Buffer.alloc(6);
  fixed.writeUInt32BE(record.ttl, 0);
  fixed.writeUInt16BE(data.length, 4);
  return Buffer.concat([name, typeAndClass(record), fixed, data]);
}

function typeAndClass(what: { type: string; class: string }): Buffer {
  const type = typeCode(what.type);
  const klass = classCode(what.class);
  // dns-packet writes 0 for an unknown type or class.
  if (type === undefined) throw malformed(`"${what.type}" is not a record type`);
  if (klass === undefined) throw malformed(`"${what.class}" is not a class`);
  return Buffer.from([type >> 8, type & 255, klass >> 8, klass & 255]);
}

function encodeEdns(edns: Edns, rcode: number): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt16BE(OPT, 1);
  head.writeUInt16BE(edns.udpPayloadSize, 3);
  head[5] = rcode >> 4;
  head[6] = edns.version;
  head.writeUInt16BE(edns.dnssecOk ? EDNS_DO : 0, 7);
  const parts: Buffer[] = [head];
  for (const { code, data } of edns.options) {
    parts.push(Buffer.from([code >> 8, code & 255, data.length >> 8, data.length & 255]), data);
  }
  const opt = Buffer.concat(parts);
  opt.writeUInt16BE(opt.length - 11, 9);
  return opt;
}

/** The second word of the header. */
function encodeFlags(message: Message): number {
  return (
    (message.response ? FLAG.QR : 0) |
    ((message.opcode & 15) << 11) |
    (message.authoritative ? FLAG.AA : 0) |
    (message.truncated ? FLAG.TC : 0) |
    (message.recursionDesired ? FLAG.RD : 0) |
    (message.recursionAvailable ? FLAG.RA : 0) |
    (message.authenticData ? FLAG.AD : 0) |
    (message.checkingDisabled ? FLAG.CD : 0) |
    (message.rcode & 15)
  );
}

/** The message for `query`, with EDNS unless the server is known not to support it. */
export function queryMessage(id: number, query: Query, name: string, withEdns = true): Message {
  return {
    ...emptyMessage(id),
    recursionDesired: true,
    checkingDisabled: query.checkingDisabled,
    question: { name, type: query.type, class: query.class },
    edns: withEdns
      ? { udpPayloadSize: UDP_PAYLOAD_OCTETS, version: 0, dnssecOk: query.dnssecOk, options: [] }
      : undefined,
  };
}

/** A response to `query` without records. */
export function emptyResponse(query: Query, rcode: number): Message {
  return {
    ...emptyMessage(0),
    response: true,
    rcode,
    recursionDesired: true,
    recursionAvailable: true,
    checkingDisabled: query.checkingDisabled,
    question: { name: query.name, type: query.type, class: query.class },
  };
}

function emptyMessage(id: number): Message {
  return {
    id,
    response: false,
    opcode: 0,
    rcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    question: undefined,
    answers: [],
    authorities: [],
    additionals: [],
    edns: undefined,
  };
}
