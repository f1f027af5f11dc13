import { encodeName, MAX_NAME_OCTETS } from './name';
import { classCode, typeCode } from './packet';
import type { Query } from './types';

/** Type and class follow the name in a question. */
const TYPE_AND_CLASS_OCTETS = 4;
const scratch = Buffer.alloc(1 + MAX_NAME_OCTETS + TYPE_AND_CLASS_OCTETS);

/**
 * The key of a question, from its octets: the name between `start` and `nameEnd`, then type and class. Equal questions
 * have the same key, different ones have different keys. Only the letters of the name are case-insensitive: type 97 is
 * not the lower case of type 65, and no octet above 127 has a case (RFC 4343 §3).
 * @param bits the other parts of the query that change its answer, in eight bits
 */
export function keyOfOctets(bytes: Buffer, start: number, nameEnd: number, bits: number): string {
  scratch[0] = bits;
  let size = 1;
  for (let i = start; i < nameEnd; i++) {
    const octet = bytes[i] as number;
    // Length octets are at most 63, so they are never letters.
    scratch[size++] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
  }
  for (let i = nameEnd; i < nameEnd + TYPE_AND_CLASS_OCTETS; i++) scratch[size++] = bytes[i] as number;
  return scratch.toString('latin1', 0, size);
}

/** The key of a query. Undefined if the query cannot be encoded. */
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
