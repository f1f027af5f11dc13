import test from 'ava';
import fc from 'fast-check';
import { PREFIX_LENGTHS, Pref64 } from '../../../build/address/pref64.js';
import { answer } from '../../../build/resolver/dns64.js';
import { dns64Config } from '../../../build/resolver/dns64-config.js';
import { negativeTtl, synthesizeRecords } from '../../../build/resolver/synthesis.js';
import { answers, ask, message, noData, record, soa, upstream } from './_upstream.js';

const prefixes = PREFIX_LENGTHS.map((length) => Pref64.parse(`2001:db8::/${length}`));
const ttl = fc.integer({ min: 0, max: 100_000 });

test('RFC 6052 §2.4 Table 1: 192.0.2.33 under a prefix of every length', (t) => {
  const a = [record('v4.example.org', 'A', '192.0.2.33')];
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
    synthesizeRecords(a, 600, config).map((r) => r.data),
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

test('RFC 2308 §5: the negative TTL is the smaller of the TTL and the MINIMUM of the SOA', (t) => {
  t.is(negativeTtl(noData(soa('example.org', 100, 50))), 50);
  t.is(negativeTtl(noData(soa('example.org', 50, 100))), 50);
  t.is(negativeTtl(message()), undefined);
});

test('property: RFC 6147 §5.2: synthesis is reversible, and a function of the address and the prefix alone', (t) => {
  fc.assert(
    fc.property(fc.ipV4(), fc.constantFrom(...prefixes), ttl, (ipv4, prefix, seconds) => {
      const config = dns64Config({ prefixes: [prefix] });
      const one = synthesizeRecords([record('a.example.org', 'A', ipv4, seconds)], 600, config);
      const two = synthesizeRecords([record('b.example.org', 'A', ipv4, 1)], undefined, config);
      t.is(prefix.extract(one[0].data), ipv4);
      t.is(one[0].data, two[0].data);
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
