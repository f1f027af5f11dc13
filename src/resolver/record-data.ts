import { canonicalIPv6 } from '../address/ipv6';
import { encodeName, malformed, readName } from './name';
import { dataCodec } from './packet';
import type { RecordData, ResourceRecord } from './types';

/** Types whose data is one name and nothing else. */
const NAME_TYPES = new Set(['CNAME', 'DNAME', 'NS', 'PTR']);

/** A name, a character string, or so many octets. */
type Part = 'name' | 'string' | number;

/**
 * The types whose data may hold a compressed name (RFC 3597 §4), and where: its octets mean nothing in another message, so
 * the names are written out. MD, MF, MB, MG, MR and MINFO have no name in dns-packet.
 */
const COMPRESSIBLE: ReadonlyMap<string, readonly Part[]> = new Map<string, readonly Part[]>([
  ...['TYPE3', 'TYPE4', 'TYPE7', 'TYPE8', 'TYPE9'].map((type): [string, Part[]] => [type, ['name']]),
  ['TYPE14', ['name', 'name']],
  ['SOA', ['name', 'name', 20]],
  ['MX', [2, 'name']],
  ['SRV', [6, 'name']],
  ['NAPTR', [4, 'string', 'string', 'string', 'name']],
  ['RP', ['name', 'name']],
  ['AFSDB', [2, 'name']],
  ['KX', [2, 'name']],
]);

/**
 * Reads the data of a record of `type` whose length field is at `offset` and says `length`. dns-packet's codecs do not
 * look at that length, so what they took is compared with it: a cut-off A record would come out as
 * `1.2.undefined.undefined`, and a wrong length would shift every record after it.
 * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE
 */
export function readData(
  buffer: Buffer,
  offset: number,
  length: number,
  type: string,
): Pick<ResourceRecord, 'data' | 'raw'> {
  const start = offset + 2;
  const octets = buffer.subarray(start, start + length);
  if (NAME_TYPES.has(type)) {
    const { name, end } = readName(buffer, start);
    if (end !== start + length) throw malformed(`${type} data of ${length} octets is no name`);
    return { data: name };
  }
  if (type === 'A' && length !== 4) throw malformed(`an A record of ${length} octets`);
  if (type === 'AAAA' && length !== 16) throw malformed(`an AAAA record of ${length} octets`);
  const parts = COMPRESSIBLE.get(type);
  const raw = parts === undefined ? octets : writeOutNames(buffer, start, length, parts, type);
  const data = decodeData(buffer, offset, length, type);
  if (type === 'AAAA') return { data: canonicalIPv6(data as string), raw };
  if (data === undefined && type === 'SOA') throw malformed('an SOA record that is none');
  return { data: data ?? raw, raw };
}

/** The octets of data with its names uncompressed. */
function writeOutNames(buffer: Buffer, start: number, length: number, parts: readonly Part[], type: string): Buffer {
  const pieces: Buffer[] = [];
  let at = start;
  for (const part of parts) {
    if (part === 'name') {
      const { name, end } = readName(buffer, at);
      pieces.push(encodeName(name));
      at = end;
    } else {
      const size = part === 'string' ? 1 + (buffer[at] ?? 0) : part;
      pieces.push(buffer.subarray(at, at + size));
      at += size;
    }
  }
  if (at !== start + length) throw malformed(`${type} data that does not fill its ${length} octets`);
  return Buffer.concat(pieces);
}

/** What dns-packet makes of the data, or undefined where it throws or does not take exactly `length` octets. */
function decodeData(buffer: Buffer, offset: number, length: number, type: string): RecordData | undefined {
  const codec = dataCodec(type);
  if (codec === undefined) return undefined;
  try {
    // It can see the message up to the end of this record only: its names point backwards in any case.
    const data = codec.decode(buffer.subarray(0, offset + 2 + length), offset) as RecordData;
    return bytesTaken(codec) === length + 2 ? data : undefined;
  } catch {
    return undefined;
  }
}

function bytesTaken(codec: { decode: unknown }): number {
  return (codec.decode as { bytes: number }).bytes;
}

/**
 * The octets of a record's data, without the length.
 * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE where the data does not fit the type.
 */
export function encodeData(record: ResourceRecord): Buffer {
  if (record.raw !== undefined) return record.raw;
  const { type, data } = record;
  if (NAME_TYPES.has(type)) return encodeName(data as string);
  const codec = dataCodec(type);
  if (codec === undefined) {
    if (Buffer.isBuffer(data)) return data;
    throw malformed(`data of type ${type} can only be given as octets`);
  }
  // Octets where dns-packet wants an object: a record that it could not read.
  if (Buffer.isBuffer(data) && type !== 'NULL' && type !== 'TXT') return data;
  try {
    const buffer = Buffer.alloc(codec.encodingLength(data));
    codec.encode(data, buffer, 0);
    return buffer.subarray(2, 2 + buffer.readUInt16BE(0));
  } catch (error) {
    throw malformed(`${type} data cannot be encoded`, error);
  }
}
