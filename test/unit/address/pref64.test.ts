import test from 'ava';
import fc from 'fast-check';
import { canonicalIPv6, parseIPv6 } from '../../../src/address/ipv6.js';
import { PREFIX_LENGTHS, Pref64 } from '../../../src/address/pref64.js';
import { codeOf } from '../../support/errors.js';

// RFC 6052 §2.4, Table 1 and the text representations of Table 2, for 192.0.2.33.
const EXAMPLES = [
  ['2001:db8::/32', '2001:db8:c000:221::'],
  ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
  ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
  ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
  ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100::'],
  ['2001:db8:122:344::/96', '2001:db8:122:344::c000:221'],
  ['64:ff9b::/96', '64:ff9b::c000:221'],
];

for (const [prefix, embedded] of EXAMPLES) {
  test(`RFC 6052 §2.4: 192.0.2.33 in ${prefix} is ${embedded}, and back`, (t) => {
    const pref64 = Pref64.parse(prefix);
    t.is(pref64.embed('192.0.2.33'), canonicalIPv6(embedded)); // RFC 5952 §4.2.2: one zero group is not shortened
    t.is(pref64.extract(embedded), '192.0.2.33');
    t.is(pref64.toString(), prefix);
  });
}

test('RFC 6052 §2.4: the mixed notation of a /96 reads the same', (t) => {
  t.is(Pref64.parse('2001:db8:122:344::/96').extract('2001:db8:122:344::192.0.2.33'), '192.0.2.33');
  t.is(Pref64.WELL_KNOWN.extract('64:ff9b::192.0.2.33'), '192.0.2.33');
});

const octet = fc.nat({ max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const pref64 = fc
  .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.constantFrom(...PREFIX_LENGTHS))
  .map(([octets, length]) => Pref64.startOf(octets.with(0, 0x20).with(8, 0), length) as Pref64);

test('RFC 6052 §2.3: what was embedded is extracted, for every length and address', (t) => {
  fc.assert(
    fc.property(pref64, ipv4, (prefix, address) => prefix.extract(prefix.embed(address)) === address),
    { numRuns: 2000 },
  );
  t.pass();
});

test('RFC 6052 §2.2: bits 64 to 71 of an embedded address are zero', (t) => {
  fc.assert(
    fc.property(pref64, ipv4, (prefix, address) => octetsOf(prefix.embed(address))[8] === 0),
    { numRuns: 1000 },
  );
  t.pass();
});

test('RFC 6052 §2.2: an address with bits 64 to 71 set embeds nothing', (t) => {
  const pref = Pref64.parse('2001:db8:122:300::/56');
  t.is(pref.extract('2001:db8:122:3c0:0:221::'), '192.0.2.33');
  t.is(pref.extract('2001:db8:122:3c0:100:221::'), undefined);
});

for (const [prefix, address] of [
  ['2001:db8::/32', '2001:db8:c000:221:0:1:2:3'],
  ['2001:db8:100::/40', '2001:db8:1c0:2:21:1:2:3'],
  ['2001:db8:122::/48', '2001:db8:122:c000:2:2101:2:3'],
  ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221:1:2'],
  ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100:1'],
]) {
  test(`RFC 6052 §2.2: the suffix is ignored when decoding under ${prefix}`, (t) => {
    t.is(Pref64.parse(prefix).extract(address), '192.0.2.33');
  });
}

test('an address outside the prefix embeds nothing', (t) => {
  t.is(Pref64.WELL_KNOWN.extract('64:ff9b:1::c000:221'), undefined);
  t.is(Pref64.WELL_KNOWN.extract('64:ff9b::1:c000:221'), undefined);
  t.is(Pref64.parse('2001:db8:122::/48').extract('2001:db8:123:c000:2:2100::'), undefined);
  t.is(Pref64.WELL_KNOWN.extract('::ffff:192.0.2.33'), undefined);
});

test('RFC 6052 §3.1: only all 96 bits make the well-known prefix, RFC 8215 is another', (t) => {
  t.true(Pref64.parse('64:FF9B:0::/96').isWellKnown);
  t.false(Pref64.parse('64:ff9b:1::/48').isWellKnown);
  t.false(Pref64.parse('64:ff9b:1:fffe::/96').isWellKnown);
  t.false(Pref64.parse('64:ff9b::/32').isWellKnown);
});

for (const [text, named] of [
  ['64:ff9b::/95', /32, 40, 48, 56, 64 or 96/],
  ['64:ff9b::/72', /32, 40, 48, 56, 64 or 96/],
  ['64:ff9b::/128', /32, 40, 48, 56, 64 or 96/],
  ['64:ff9b::/0', /32, 40, 48, 56, 64 or 96/],
  ['64:ff9b::', /Write it as/],
  ['64:ff9b::/', /Write it as/],
  ['64:ff9b::/96/96', /Write it as/],
  ['64:ff9b::/9e1', /Write it as/],
  ['64:ff9b::/-96', /Write it as/],
  ['64:ff9b::%eth0/96', /Write it as/],
  ['192.0.2.0/24', /Write it as/],
  ['nat64', /Write it as/],
  ['', /Write it as/],
  ['2001:db8:0:0:100::/96', /bits 64 to 71/],
  ['2001:db8::1/96', /beyond its length of 96/],
  ['2001:db8:1::/32', /beyond its length of 32/],
  ['::/96', /unspecified and loopback/],
  ['::/32', /unspecified, loopback and IPv4-mapped/],
  ['::/64', /unspecified, loopback and IPv4-mapped/],
  ['::ffff:0:0/96', /IPv4-mapped/],
  ['fe80::/64', /link-local/],
  ['febf:ff00::/32', /link-local/],
  ['ff02::/96', /multicast/],
] as const) {
  test(`"${text}" is refused as a prefix, and the error says why`, (t) => {
    const error = t.throws(() => Pref64.parse(text), { code: 'V6ONLY_INVALID_PREFIX' });
    t.true(error.message.includes(`"${text}"`));
    t.regex(error.message, named);
  });
}

test('beside these, any prefix can be one', (t) => {
  for (const text of ['::fffe:0:0/96', '0:0:0:1::/64', '0:1::/32', 'fec0::/64', 'fd00::/96'])
    t.is(String(Pref64.parse(text)), text);
  t.is(Pref64.startOf(parseIPv6('::ffff:192.0.0.170'), 96), undefined);
});

test('no text makes the parser fail otherwise than with its own error', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.ipV6(),
        fc.tuple(fc.ipV6(), fc.nat(200)).map(([a, n]) => `${a}/${n}`),
      ),
      (text) => {
        try {
          return Pref64.parse(text) instanceof Pref64;
        } catch (error) {
          return codeOf(error) === 'V6ONLY_INVALID_PREFIX';
        }
      },
    ),
    { numRuns: 2000 },
  );
  t.pass();
});

function octetsOf(text: string) {
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => (part ? part.split(':') : []);
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = tail === undefined ? [] : Array(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}
