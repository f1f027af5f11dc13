import { canonicalIPv6 } from '../address/ipv6';
import { encodeName, malformed, readName } from './name';
import { dataCodec } from './packet';
import type { RecordData, ResourceRecord } from './types';

/** Types whose data is one name and nothing else. */
const NAME_TYPES = new Set(['CNAME', 'DNAME', 'NS', 'PTR']);

/** Types whose data may hold a compressed name (RFC 3597 §4): their octets mean nothing in another message. */
const COMPRESSIBLE_TYPES = new Set([
  ...NAME_TYPES,
  ...['SOA', 'MX', 'SRV', 'NAPTR', 'RP', 'AFSDB', 'KX', 'PX', 'RT', 'SIG', 'NXT'],
  // MD, MF, MB, MG, MR, MINFO of RFC 1035.
  ...['TYPE3', 'TYPE4', 'TYPE7', 'TYPE8', 'TYPE9', 'TYPE14'],
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
  const data = decodeData(buffer, offset, length, type);
  if (type === 'AAAA') return { data: canonicalIPv6(data as string), raw: octets };
  if (data === undefined) {
    if (type === 'SOA') throw malformed('an SOA record that is none');
    return { data: octets, raw: octets };
  }
  return COMPRESSIBLE_TYPES.has(type) ? { data } : { data, raw: octets };
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
