/** The part of dns-packet that is used here: its codecs of record data and its tables. The package has no types. */
export interface RecordDataCodec {
  encodingLength(data: unknown): number;
  encode(data: unknown, buffer: Buffer, offset: number): Buffer;
  /** `bytes` is the number of octets that the last call has read. */
  readonly decode: { (buffer: Buffer, offset: number): unknown; readonly bytes: number };
}

interface DnsPacket {
  /**
   * The codec of a type's data, including the two octets of its length. For an unknown type: the codec of opaque data.
   */
  record(type: string): RecordDataCodec;
}

interface Table {
  toString(code: number): string;
}

// Loaded with the first message, so that the preload does not pay for it (3 ms).
let dnsPacket: DnsPacket | undefined;
let types: (Table & { toType(name: string): number }) | undefined;
let classes: (Table & { toClass(name: string): number }) | undefined;

/** The codec for the data of `type`, or undefined if dns-packet has none. */
export function dataCodec(type: string): RecordDataCodec | undefined {
  dnsPacket ??= require('dns-packet') as DnsPacket;
  // For unknown types dns-packet returns its codec of opaque data, which it also uses for some known types, such as
  // TSIG.
  return dnsPacket.record(type) === dnsPacket.record('TYPE65280') ? undefined : dnsPacket.record(type);
}

/** dns-packet's table lacks SVCB and HTTPS (RFC 9460). It would silently ask for type 0. */
const MORE_TYPES: ReadonlyMap<string, number> = new Map([
  ['SVCB', 64],
  ['HTTPS', 65],
]);
const MORE_TYPE_NAMES: ReadonlyMap<number, string> = new Map([...MORE_TYPES].map(([name, code]) => [code, name]));

/** The number of a type, or undefined if `name` is not a type. `TYPE65` is valid (RFC 3597 §5). */
export function typeCode(name: string): number | undefined {
  const upper = name.toUpperCase();
  const more = MORE_TYPES.get(upper);
  if (more !== undefined) return more;
  if (/^TYPE\d{1,5}$/.test(upper)) return within16Bits(Number(upper.slice(4)));
  types ??= require('dns-packet/types') as NonNullable<typeof types>;
  return types.toType(upper) || undefined;
}

export function typeName(code: number): string {
  types ??= require('dns-packet/types') as NonNullable<typeof types>;
  const name = types.toString(code);
  return name.startsWith('UNKNOWN_') ? (MORE_TYPE_NAMES.get(code) ?? `TYPE${code}`) : name;
}

/** Whether two names, such as `TYPE65` and `HTTPS`, mean the same type. */
export function isSameType(a: string, b: string): boolean {
  return a === b || (typeCode(a) !== undefined && typeCode(a) === typeCode(b));
}

/** Whether two names, such as `CLASS1` and `IN`, mean the same class. */
export function isSameClass(a: string, b: string): boolean {
  return a === b || (classCode(a) !== undefined && classCode(a) === classCode(b));
}

export function classCode(name: string): number | undefined {
  const upper = name.toUpperCase();
  if (/^CLASS\d{1,5}$/.test(upper)) return within16Bits(Number(upper.slice(5)));
  classes ??= require('dns-packet/classes') as NonNullable<typeof classes>;
  return classes.toClass(upper) || undefined;
}

export function className(code: number): string {
  classes ??= require('dns-packet/classes') as NonNullable<typeof classes>;
  const name = classes.toString(code);
  return name.startsWith('UNKNOWN_') ? `CLASS${code}` : name;
}

/** Loads all of dns-packet: a server whose descriptors are used up must still read its first query. */
export function loadPacketTables(): void {
  dataCodec('A');
  typeCode('A');
  classCode('IN');
}

function within16Bits(code: number): number | undefined {
  return code <= 0xffff ? code : undefined;
}
