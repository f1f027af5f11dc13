import { encodeName, MAX_NAME_OCTETS } from './name';
import { classCode, typeCode } from './packet';
import type { Query } from './types';

/** What follows the name in a question: type and class. */
const TYPE_AND_CLASS_OCTETS = 4;
const scratch = Buffer.alloc(1 + MAX_NAME_OCTETS + TYPE_AND_CLASS_OCTETS);

/**
 * The key of a question, from its octets between `start` and `nameEnd`, behind which stand type and class: what is the
 * same question has the same key, and nothing else has it. Only the letters of the name have a case: the type 97 is no
 * small form of the type 65, nor is any octet above 127 of another (RFC 4343 §3).
 * @param bits what else of the query changes its answer, in eight bits
 */
export function keyOfOctets(bytes: Buffer, start: number, nameEnd: number, bits: number): string {
  scratch[0] = bits;
  let size = 1;
  for (let i = start; i < nameEnd; i++) {
    const octet = bytes[i] as number;
    // Octets of length are 63 at most, and no letters.
    scratch[size++] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
  }
  for (let i = nameEnd; i < nameEnd + TYPE_AND_CLASS_OCTETS; i++) scratch[size++] = bytes[i] as number;
  return scratch.toString('latin1', 0, size);
}

/** The key of a query; undefined where it cannot be expressed as one. */
export function questionKey(query: Query): string | undefined {
  const type = typeCode(query.type);
  const klass = classCode(query.class);
  if (type === undefined || klass === undefined) return undefined;
  let name: Buffer;
  try {
    name = encodeName(query.name);
  } catch {
    return undefined;
  }
  const octets = Buffer.concat([name, Buffer.from([type >> 8, type & 255, klass >> 8, klass & 255])]);
  return keyOfOctets(octets, 0, name.length, (query.dnssecOk ? 2 : 0) | (query.checkingDisabled ? 1 : 0));
}
