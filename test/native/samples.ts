// What the arguments of arbitrary calls are made of, as JSON (see values.ts): mostly near to what programs write, and
// sometimes anything at all.
import fc, { type Arbitrary } from 'fast-check';
import type { Json, JsonObject } from './values.js';

export const one = (...values: Json[]): Arbitrary<Json> => fc.constantFrom(...values);
export const call: JsonObject = { $: 'function' };

/** The ports of the servers that run.js has on the host, a closed one, and ports that are none. */
export const OPEN_PORTS = [7001, 7002, 7003, 7004, 7005];
export const CLOSED_PORT = 7009;
export const port: Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: one(...OPEN_PORTS) },
  { weight: 2, arbitrary: one(CLOSED_PORT, '7001', '7009', '0x1b59', ' 7001 ') },
  {
    weight: 2,
    arbitrary: one(
      0,
      -1,
      65_535,
      65_536,
      1.5,
      '',
      'http',
      null,
      true,
      [],
      { $: 'undefined' },
      { $: 'number', value: 'NaN' },
    ),
  },
);
export const bindPort: Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: one(0, 0, 0, 7101, 7102) },
  { weight: 2, arbitrary: one(...OPEN_PORTS, '0', '7103') },
  { weight: 1, arbitrary: one(-1, 65_536, 1.5, '', 'http', null, true, { $: 'undefined' }) },
);

/** Addresses of the host, and forms of them. */
export const IPV4 = ['127.0.0.1', '127.0.0.2', '203.0.113.7', '0.0.0.0'];
export const IPV6 = ['::1', '::', '2001:db8:1::2', '2001:db8:2::9', '0:0:0:0:0:0:0:1', '::0001'];
const MAPPED = [
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:127.0.0.1',
  '::FFFF:203.0.113.7',
  '::ffff:0.0.0.0',
];
const ZONES = ['::1%lo', 'fe80::1%lo', '127.0.0.1%lo', '::ffff:127.0.0.1%lo', '::%1'];
const ODD = [
  '0177.0.0.1',
  '127.1',
  '0x7f.0.0.1',
  '2130706433',
  '256.1.1.1',
  '1.2.3.4.5',
  ' 127.0.0.1',
  '127.0.0.1 ',
  '127.0.0.1.',
  '[::1]',
  '::1 ',
  ':::1',
  '127.0.0.1\u00001',
];
/** Addresses at which nobody is, answered by the kernel at once: a host answers ff02::1 with a link-local address of chance. */
const NOBODY = ['255.255.255.255', '224.0.0.1', '::ffff:255.255.255.255', 'ff02::9'];
/** Nobody answers there for seconds: for calls that send nothing. */
const SILENT = [
  'fe80::1%eth0',
  'fe80::1',
  'fe80::1%nosuch',
  '100::1',
  '198.51.100.9',
  '192.0.2.1',
  '10.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::cb00:7107',
];
const NAMES = ['v4only', 'v6only', 'dual', 'alias', 'empty', 'nosuch', 'peer6', 'both6', 'DUAL', 'v4only.'].map(
  (name) => (name.endsWith('.') ? `${name}example.org.` : `${name}.example.org`),
);
const NOT_NAMES = [
  '',
  '.',
  'a..b',
  'a b',
  'x'.repeat(64),
  `${'x'.repeat(60)}.`.repeat(5),
  'bücher.example.org',
  '-',
  '*',
  'localhost',
  'localhost.',
  'LOCALHOST',
];
const WRONG: Json[] = [
  null,
  0,
  1,
  true,
  false,
  {},
  [],
  ['127.0.0.1'],
  { $: 'undefined' },
  { $: 'symbol' },
  { $: 'bigint', value: '1' },
  { $: 'boxed', value: '127.0.0.1' },
  { $: 'coerces', value: '127.0.0.1' },
  { $: 'stubborn' },
  { $: 'date' },
  { $: 'revoked' },
  { $: 'number', value: 'NaN' },
  { $: 'bytes', value: '7f' },
];

export const literal: Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: one(...IPV4) },
  { weight: 3, arbitrary: one(...IPV6) },
  { weight: 3, arbitrary: one(...MAPPED) },
  { weight: 2, arbitrary: one(...ZONES) },
  { weight: 2, arbitrary: one(...ODD) },
  { weight: 1, arbitrary: one(...NOBODY) },
);
export const anyLiteral: Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: literal },
  { weight: 1, arbitrary: one(...SILENT) },
);
export const name: Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: one(...NAMES) },
  { weight: 1, arbitrary: one(...NOT_NAMES) },
);
export const wrong: Arbitrary<Json> = one(...WRONG);
export const host: Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: literal },
  { weight: 2, arbitrary: name },
  { weight: 1, arbitrary: wrong },
);
export const family: Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: one(0, 4, 6) },
  one('IPv4', 'IPv6', 'ipv4', 5, '4', null, 46, -4, { $: 'undefined' }, {}),
);
export const flag: Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: one(true, false) },
  one(null, 0, 1, 'true', { $: 'undefined' }, {}),
);
export const hints: Arbitrary<Json> = one(0, 32, 8, 16, 1024, 1056, 1, -1, '0', null, { $: 'number', value: 'NaN' });
export const order: Arbitrary<Json> = one('ipv4first', 'ipv6first', 'verbatim', '', null, 'first', 4);

const answer: Arbitrary<Json[]> = fc.oneof(
  fc.tuple(literal, one(4, 6, 0, '4', 'IPv4', { $: 'undefined' })),
  fc.tuple(wrong, one(4, 6)),
  fc.tuple(fc.array(fc.record({ address: literal, family: one(4, 6, 4, 6, 0, 'IPv4') }), { maxLength: 3 })),
);
export const lookup: Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: answer.map((list): JsonObject => ({ $: 'lookup', answer: list })) },
  one({ $: 'lookup', error: 'ENOTFOUND', answer: [] }),
  one(null, 'lookup', {}),
);

/** An object in the forms that programs give: some with accessors, without prototype, inherited. */
export function objectOf(shape: Readonly<Record<string, Arbitrary<Json>>>): Arbitrary<JsonObject> {
  const plain = fc.record(shape, { requiredKeys: [] }) as Arbitrary<JsonObject>;
  const somewhere = (what: (value: Json) => JsonObject) =>
    fc.tuple(plain, fc.nat()).map(([object, at]): JsonObject => {
      const keys = Object.keys(object);
      const key = keys[at % keys.length];
      return key === undefined ? object : { ...object, [key]: what(object[key] as Json) };
    });
  const wrapped = (kind: string) => plain.map((value): JsonObject => ({ $: kind, value }));
  return fc.oneof(
    { weight: 14, arbitrary: plain },
    { weight: 1, arbitrary: somewhere((value) => ({ $: 'getter', value })) },
    { weight: 1, arbitrary: somewhere(() => ({ $: 'throws' })) },
    { weight: 1, arbitrary: wrapped('bare') },
    { weight: 1, arbitrary: wrapped('inherits') },
    { weight: 1, arbitrary: wrapped('frozen') },
  );
}
