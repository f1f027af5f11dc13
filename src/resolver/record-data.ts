import { formatIPv6 } from '../address/ipv6';
import { malformed } from './malformed';
import { encodeName } from './name';
import type { NameReader } from './name-reader';
import { encodeFields, layoutOf, readFields } from './named-data';
import { dataCodec } from './packet';
import type { StepCounter } from './step-counter';
import type { RecordData, ResourceRecord } from './types';

/** Types whose data is a single name. */
const NAME_TYPES = new Set(['CNAME', 'DNAME', 'NS', 'PTR']);

/**
 * Types whose data stays undecoded: dns-packet would create eight names for each octet of their type bitmaps, and no
 * code here reads them.
 */
const OPAQUE = new Set(['NSEC', 'NSEC3']);

/** The cost of a character string of TXT besides its octets: dns-packet creates a buffer for it. */
const STEPS_PER_STRING = 32;

/**
 * Reads the data of a record of `type`. Its length field is at `offset` and contains `length`. This function reads the
 * types that may contain addresses or compressed names, and dns-packet reads the rest.
 * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE
 */
export function readData(
  names: NameReader,
  offset: number,
  length: number,
  type: string,
): Pick<ResourceRecord, 'data' | 'raw'> {
  const { bytes, steps } = names;
  const start = offset + 2;
  const end = start + length;
  steps.spend(length);
  if (NAME_TYPES.has(type)) {
    const read = names.read(start);
    if (read.end !== end) throw malformed(`${type} data of ${length} octets is not a name`);
    return { data: read.name };
  }
  const layout = layoutOf(type);
  if (layout !== undefined) return { data: readFields(names, start, end, layout) };
  const raw = bytes.subarray(start, end);
  if (type === 'A') {
    if (length !== 4) throw malformed(`an A record of ${length} octets`);
    return { data: raw.join('.'), raw };
  }
  if (type === 'AAAA') {
    if (length !== 16) throw malformed(`an AAAA record of ${length} octets`);
    return { data: formatIPv6(raw), raw };
  }
  if (type === 'TXT') spendStrings(raw, steps);
  return { data: decodeData(raw, type) ?? raw, raw };
}

function spendStrings(octets: Buffer, steps: StepCounter): void {
  for (let at = 0; at < octets.length; at += 1 + (octets[at] as number)) steps.spend(STEPS_PER_STRING);
}

/**
 * The data as dns-packet decodes it, or undefined if it throws or does not consume exactly these octets: its codecs
 * ignore the length. It gets only these octets of the message, so it cannot follow a pointer out of them.
 */
function decodeData(octets: Buffer, type: string): RecordData | undefined {
  const codec = OPAQUE.has(type) ? undefined : dataCodec(type);
  if (codec === undefined) return undefined;
  const field = Buffer.allocUnsafe(2 + octets.length);
  field.writeUInt16BE(octets.length, 0);
  octets.copy(field, 2);
  try {
    const data = codec.decode(field, 0) as RecordData;
    return codec.decode.bytes === field.length ? data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The octets of a record's data, without the length.
 * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE if the data does not fit the type
 */
export function encodeData(record: ResourceRecord): Buffer {
  if (record.raw !== undefined) return record.raw;
  const { type, data } = record;
  if (NAME_TYPES.has(type)) return encodeName(data as string);
  // Octets in place of an object are encoded already.
  if (Buffer.isBuffer(data) && type !== 'NULL' && type !== 'TXT') return data;
  const layout = layoutOf(type);
  const codec = layout === undefined ? dataCodec(type) : undefined;
  try {
    if (layout !== undefined) return encodeFields(data as object, layout);
    if (codec === undefined) throw malformed(`data of type ${type} can only be given as octets`);
    const buffer = Buffer.alloc(codec.encodingLength(data));
    codec.encode(data, buffer, 0);
    return buffer.subarray(2, 2 + buffer.readUInt16BE(0));
  } catch (error) {
    throw malformed(`${type} data cannot be encoded`, error);
  }
}
