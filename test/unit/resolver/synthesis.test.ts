import test from 'ava';
import fc from 'fast-check';
import { parseIPv4Range } from '../../../src/address/ipv4.js';
import { parseIPv6Network } from '../../../src/address/ipv6.js';
import { PREFIX_LENGTHS, Pref64 } from '../../../src/address/pref64.js';
import { negativeTtl } from '../../../src/resolver/chain.js';
import { answer } from '../../../src/resolver/dns64.js';
import { type Dns64Config, dns64Config } from '../../../src/resolver/dns64-config.js';
import { answerAaaa, type Sources, type TimedAddress } from '../../../src/resolver/synthesis.js';
import { answers, ask, message, noData, record, soa, upstream } from './_upstream.js';

const prefixes = PREFIX_LENGTHS.map((length) => Pref64.parse(`2001:db8::/${length}`));
const NSP = Pref64.parse('2001:db8:64::/96');
/** The addresses made of these A records where the AAAA answer was empty. */
function synthesized(a: TimedAddress[], negativeTtlSeconds: number | undefined, config: Dns64Config) {
  const decision = answerAaaa({ aaaa: [], a, negativeTtlSeconds }, config);
  return decision.kind === 'synthesized' ? decision.addresses : [];
}
const ttl = fc.integer({ min: 0, max: 100_000 });

test('RFC 6052 §2.4 Table 1: 192.0.2.33 under a prefix of every length', (t) => {
  const table = [
    '2001:db8::/32',
    '2001:db8:100::/40',
    '2001:db8:122::/48',
    '2001:db8:122:300::/56',
    '2001:db8:122:344::/64',
    '2001:db8:122:344::/96',
  ];
  const config = dns64Config({ prefixes: table.map(Pref64.parse) });
  t.deepEqual(
    synthesized([{ address: '192.0.2.33', ttl: 1 }], 600, config).map(({ address }) => address),
    [
      '2001:db8:c000:221::',
      '2001:db8:1c0:2:21::',
      '2001:db8:122:c000:2:2100::',
      '2001:db8:122:3c0:0:221::',
      '2001:db8:122:344:c0:2:2100:0',
      '2001:db8:122:344::c000:221',
    ],
  );
});

const none = { aaaa: [] };
const excluding = dns64Config({ prefixes: [NSP], exclude: [parseIPv6Network('2001:db8:bad::/48')] });
const bad = { address: '2001:db8:bad::1', ttl: 9 };
const good = { address: '2001:db8::1', ttl: 9 };
const a = [{ address: '203.0.113.5', ttl: 300 }];
const made = (ttl: number) => ({
  kind: 'synthesized',
  addresses: [{ address: '2001:db8:64::cb00:7105', ttl, from: a[0] }],
});

const CASES: [section: string, sources: Sources<TimedAddress>, config: Dns64Config, expected: object][] = [
  ['§5.1.1: a native address is the answer', { aaaa: [good] }, excluding, { kind: 'native', addresses: [good] }],
  ['§5.1.1: also where there are A records', { aaaa: [good], a }, excluding, { kind: 'native', addresses: [good] }],
  ['§5.1.4: of both kinds the others', { aaaa: [bad, good] }, excluding, { kind: 'native', addresses: [good] }],
  ['§5.1.4: excluded ones alone count as none: A is to be asked', { aaaa: [bad] }, excluding, { kind: 'ask-a' }],
  [
    '§5.1.4: ::ffff:0:0/96 always is excluded',
    { aaaa: [{ address: '::ffff:192.0.2.1' }] },
    excluding,
    { kind: 'ask-a' },
  ],
  ['§5.1.4: excluded ones alone, with A records', { aaaa: [bad], a, negativeTtlSeconds: 60 }, excluding, made(60)],
  ['§5.1.6: no A records: nothing', { aaaa: [], a: [] }, excluding, { kind: 'none' }],
  ['§5.1.6: no A records: nothing excluded either', { aaaa: [bad], a: [] }, excluding, { kind: 'none' }],
  ['§5.1.7: the TTL of the SOA', { ...none, a, negativeTtlSeconds: 60 }, excluding, made(60)],
  ['§5.1.7: the TTL of the A record', { ...none, a, negativeTtlSeconds: 900 }, excluding, made(300)],
  [
    '§5.1.7: 600 s without an SOA',
    { ...none, a: [{ ...a[0], ttl: 900 }] },
    excluding,
    {
      kind: 'synthesized',
      addresses: [{ address: '2001:db8:64::cb00:7105', ttl: 600, from: { ...a[0], ttl: 900 } }],
    },
  ],
  [
    '§5.1.7: 600 s, too, for who knows no TTL',
    { ...none, a: [{ address: a[0].address }] },
    excluding,
    {
      kind: 'synthesized',
      addresses: [{ address: '2001:db8:64::cb00:7105', ttl: 600, from: { address: a[0].address } }],
    },
  ],
  ['§5.1.7: no prefix: A need not be asked', none, dns64Config({ prefixes: [] }), { kind: 'none' }],
  [
    'RFC 6052 §3.1: nothing private under the well-known prefix',
    { ...none, a: [{ address: '10.0.0.1' }] },
    dns64Config(),
    {
      kind: 'none',
    },
  ],
];

for (const [section, sources, config, expected] of CASES) {
  test(`RFC 6147 ${section}`, (t) => {
    t.deepEqual(answerAaaa(sources, config) as object, expected);
  });
}

test('RFC 6147 §5.1.7: every A record is checked against the ranges, then against every prefix, in order', (t) => {
  const other = Pref64.parse('2001:db8:1::/96');
  const config = dns64Config({
    prefixes: [NSP, other],
    ranges: [
      { range: parseIPv4Range('198.51.100.0/24'), prefixes: [other] },
      { range: parseIPv4Range('192.0.2.0/24'), prefixes: [] },
    ],
  });
  const all = ['203.0.113.5', '198.51.100.7', '192.0.2.1'].map((address) => ({ address, ttl: 5 }));
  t.deepEqual(
    synthesized(all, 600, config).map(({ address }) => address),
    ['2001:db8:64::cb00:7105', '2001:db8:1::cb00:7105', '2001:db8:1::c633:6407'],
  );
});

test('RFC 2308 §5: the negative TTL is the smaller of the TTL and the MINIMUM of the SOA', (t) => {
  t.is(negativeTtl(noData(soa('example.org', 100, 50))), 50);
  t.is(negativeTtl(noData(soa('example.org', 50, 100))), 50);
  t.is(negativeTtl(message()), undefined);
});

test('property: RFC 6147 §5.2: synthesis is reversible, and a function of the address and the prefix alone', (t) => {
  fc.assert(
    fc.property(fc.ipV4(), fc.constantFrom(...prefixes), ttl, (ipv4, prefix, seconds) => {
      const config = dns64Config({ prefixes: [prefix] });
      const [one] = synthesized([{ address: ipv4, ttl: seconds }], 600, config);
      const [two] = synthesized([{ address: ipv4 }], undefined, config);
      t.is(prefix.extract(one.address), ipv4);
      t.is(one.address, two.address);
    }),
  );
});

test('property: as many records as A records times prefixes, no TTL above its A record or the negative answer', async (t) => {
  const some = fc.subarray(prefixes, { minLength: 1 });
  const list = fc.array(fc.tuple(fc.ipV4(), ttl), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(list, some, fc.option(ttl, { nil: undefined }), async (addresses, used, negative) => {
      const a = addresses.map(([ipv4, seconds]) => record('v4.example.org', 'A', ipv4, seconds));
      const up = upstream({
        'v4.example.org A': answers(...a),
        'v4.example.org AAAA': negative === undefined ? noData() : noData(soa('example.org', negative)),
      });
      const reply = await answer(ask('v4.example.org', 'AAAA'), up, dns64Config({ prefixes: used }));
      t.is(reply.answers.length, a.length * used.length);
      for (const [i, r] of reply.answers.entries()) {
        t.true(r.ttl <= a[Math.floor(i / used.length)].ttl);
        t.true(r.ttl <= (negative ?? 600));
      }
    }),
    { numRuns: 100 },
  );
});
