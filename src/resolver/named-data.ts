import { malformed } from './malformed';
import { encodeName } from './name';
import type { NameReader } from './name-reader';

type Kind = 'name' | 'string' | 'u16' | 'u32';
/** The fields of a type's data, in order. */
type Layout = readonly (readonly [field: string, kind: Kind])[];

const ONE_NAME = { host: 'name' } as const;

/**
 * The types whose data may contain a compressed name (RFC 3597 §4) among other fields. Such octets have no meaning in
 * another message, so they are decoded into fields and encoded again. dns-packet is not used here: it follows pointers
 * without a bound and does not know escapes.
 */
const TYPES: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  // MD, MF, MB, MG and MR.
  ...{ TYPE3: ONE_NAME, TYPE4: ONE_NAME, TYPE7: ONE_NAME, TYPE8: ONE_NAME, TYPE9: ONE_NAME },
  // MINFO.
  TYPE14: { rmailbx: 'name', emailbx: 'name' },
  SOA: { mname: 'name', rname: 'name', serial: 'u32', refresh: 'u32', retry: 'u32', expire: 'u32', minimum: 'u32' },
  MX: { preference: 'u16', exchange: 'name' },
  SRV: { priority: 'u16', weight: 'u16', port: 'u16', target: 'name' },
  NAPTR: {
    order: 'u16',
    preference: 'u16',
    flags: 'string',
    services: 'string',
    regexp: 'string',
    replacement: 'name',
  },
  RP: { mbox: 'name', txt: 'name' },
  AFSDB: { subtype: 'u16', hostname: 'name' },
  KX: { preference: 'u16', exchanger: 'name' },
};
const LAYOUTS: ReadonlyMap<string, Layout> = new Map(
  Object.entries(TYPES).map(([type, fields]) => [type, Object.entries(fields)]),
);

type Fields = Record<string, string | number>;

export function layoutOf(type: string): Layout | undefined {
  return LAYOUTS.get(type);
}

/**
 * Reads the fields between `start` and `end`.
 * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE if the fields do not fill this range exactly
 */
export function readFields(names: NameReader, start: number, end: number, layout: Layout): Fields {
  const { bytes } = names;
  const fields: Fields = {};
  let at = start;
  /** The offset of the next `length` octets. */
  const take = (length: number): number => {
    at += length;
    if (at > end) throw malformed('the data is shorter than its fields');
    return at - length;
  };
  for (const [field, kind] of layout) {
    if (kind === 'name') {
      const read = names.read(at);
      fields[field] = read.name;
      at = read.end;
    } else if (kind === 'string') {
      const length = bytes[take(1)] as number;
      const from = take(length);
      fields[field] = bytes.toString('latin1', from, from + length);
    } else fields[field] = kind === 'u16' ? bytes.readUInt16BE(take(2)) : bytes.readUInt32BE(take(4));
  }
  if (at !== end) throw malformed(`data of ${end - start} octets with fields of ${at - start}`);
  return fields;
}

/** The octets of the fields. An absent number is 0, an absent string is empty. */
export function encodeFields(fields: Partial<Fields>, layout: Layout): Buffer {
  return Buffer.concat(
    layout.map(([field, kind]) => {
      const value = fields[field];
      if (kind === 'name') return encodeName(String(value));
      if (kind === 'string') {
        const octets = Buffer.from(String(value ?? ''), 'latin1');
        return Buffer.concat([Buffer.from([octets.length]), octets]);
      }
      const octets = Buffer.alloc(kind === 'u16' ? 2 : 4);
      octets.writeUIntBE(Number(value ?? 0), 0, octets.length);
      return octets;
    }),
  );
}
