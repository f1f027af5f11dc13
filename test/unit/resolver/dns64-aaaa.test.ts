import test from 'ava';
import { parseIPv4Range } from '../../../src/address/ipv4.js';
import { parseIPv6Network } from '../../../src/address/ipv6.js';
import { Pref64 } from '../../../src/address/pref64.js';
import { answer } from '../../../src/resolver/dns64.js';
import { type Dns64Config, dns64Config } from '../../../src/resolver/dns64-config.js';
import type { Query } from '../../../src/resolver/types.js';
import {
  answers,
  ask,
  data,
  failure,
  lines,
  message,
  noData,
  type Reply,
  record,
  soa,
  TIMEOUT,
  upstream,
} from './_upstream.js';

const NSP = Pref64.parse('2001:db8:64::/96');
const config = dns64Config({ prefixes: [NSP] });
const aOnly = answers(record('v4.example.org', 'A', '203.0.113.5', 300));
const aaaa = (replies: Record<string, Reply>, bits: Partial<Query> = {}, options: Partial<Dns64Config> = {}) =>
  answer(ask('v4.example.org', 'AAAA', bits), upstream(replies), dns64Config({ prefixes: [NSP], ...options }));

test('RFC 6147 §5.1: a query of another class passes as if there were no DNS64', async (t) => {
  const up = upstream({ 'v4.example.org A': aOnly });
  const reply = await answer(ask('v4.example.org', 'AAAA', { class: 'CH' }), up, config);
  t.deepEqual([lines(reply), up.asked], [[], ['v4.example.org AAAA']]);
});

test('RFC 6147 §5.1.1: where there is a real AAAA nothing is synthesized, and A is not even asked for', async (t) => {
  const up = upstream({
    'v4.example.org AAAA': answers(record('v4.example.org', 'AAAA', '2001:db8::1')),
    'v4.example.org A': aOnly,
  });
  const reply = await answer(ask('v4.example.org', 'AAAA'), up, config);
  t.deepEqual(lines(reply), ['v4.example.org AAAA 2001:db8::1']);
  t.deepEqual(up.asked, ['v4.example.org AAAA']);
});

test('RFC 6147 §5.1.2: NXDOMAIN is returned as it is, without a query for A', async (t) => {
  const up = upstream({ 'v4.example.org AAAA': failure(3, { authorities: [soa()] }), 'v4.example.org A': aOnly });
  const reply = await answer(ask('v4.example.org', 'AAAA'), up, config);
  t.is(reply.rcode, 3);
  t.is(reply.authorities.length, 1);
  t.deepEqual(up.asked, ['v4.example.org AAAA']);
});

for (const [name, rcode] of [
  ['FORMERR', 1],
  ['SERVFAIL', 2],
  ['NOTIMP', 4],
  ['REFUSED', 5],
  ['RCODE 11', 11],
] as const) {
  test(`RFC 6147 §5.1.2: ${name} for AAAA counts as an empty answer`, async (t) => {
    const reply = await aaaa({ 'v4.example.org AAAA': failure(rcode), 'v4.example.org A': aOnly });
    t.is(reply.rcode, 0);
    t.deepEqual(lines(reply), ['v4.example.org AAAA 2001:db8:64::cb00:7105']);
  });
}

test('RFC 6147 §5.1.3: no answer for AAAA counts as an empty one', async (t) => {
  const reply = await aaaa({ 'v4.example.org AAAA': TIMEOUT, 'v4.example.org A': aOnly });
  t.deepEqual(data(reply, 'AAAA'), ['2001:db8:64::cb00:7105']);
});

test('RFC 6147 §5.1.4: AAAA records in ::ffff:0:0/96 count as absent', async (t) => {
  const mapped = answers(record('v4.example.org', 'AAAA', '::ffff:203.0.113.9'));
  const reply = await aaaa({ 'v4.example.org AAAA': mapped, 'v4.example.org A': aOnly });
  t.deepEqual(data(reply, 'AAAA'), ['2001:db8:64::cb00:7105']);
});

test('RFC 6147 §5.1.4: of excluded and other AAAA records only the others are returned', async (t) => {
  const mixed = message({
    authenticData: true,
    answers: [
      record('v4.example.org', 'AAAA', '2001:db8:bad::1'),
      record('v4.example.org', 'AAAA', '2001:db8::1'),
      record('v4.example.org', 'RRSIG', { typeCovered: 'AAAA' }),
    ],
  });
  const options = { exclude: [parseIPv6Network('2001:db8:bad::/48')] };
  const reply = await aaaa({ 'v4.example.org AAAA': mixed }, {}, options);
  t.deepEqual(lines(reply), ['v4.example.org AAAA 2001:db8::1']);
  t.false(reply.authenticData);
});

test('RFC 6147 §5.1.4: without an A record, an excluded AAAA is not returned either', async (t) => {
  const mapped = answers(record('v4.example.org', 'AAAA', '::ffff:203.0.113.9'));
  t.deepEqual(lines(await aaaa({ 'v4.example.org AAAA': mapped })), []);
});

test('RFC 6147 §5.1.5: a CNAME chain is followed to its A record and included', async (t) => {
  const chain = [
    record('www.example.org', 'CNAME', 'a.example.org'),
    record('a.example.org', 'CNAME', 'v4.example.org'),
  ];
  const up = upstream({
    'www.example.org AAAA': message({ answers: chain, authorities: [soa()] }),
    'www.example.org A': answers(...chain, record('v4.example.org', 'A', '203.0.113.5')),
  });
  t.deepEqual(lines(await answer(ask('www.example.org', 'AAAA'), up, config)), [
    'www.example.org CNAME a.example.org',
    'a.example.org CNAME v4.example.org',
    'v4.example.org AAAA 2001:db8:64::cb00:7105',
  ]);
});

test('RFC 6147 §5.1.5: a DNAME is kept with the CNAME that it makes', async (t) => {
  const chain = [
    record('old.example.org', 'DNAME', 'new.example.org'),
    record('w.old.example.org', 'CNAME', 'w.new.example.org'),
  ];
  const up = upstream({
    'w.old.example.org AAAA': message({ answers: chain, authorities: [soa()] }),
    'w.old.example.org A': answers(...chain, record('w.new.example.org', 'A', '203.0.113.5')),
  });
  t.deepEqual(lines(await answer(ask('w.old.example.org', 'AAAA'), up, config)), [
    'old.example.org DNAME new.example.org',
    'w.old.example.org CNAME w.new.example.org',
    'w.new.example.org AAAA 2001:db8:64::cb00:7105',
  ]);
});

test('RFC 6147 §5.1.5: a chain that the upstream leaves off half-way is followed further', async (t) => {
  const up = upstream({
    'www.example.org AAAA': answers(record('www.example.org', 'CNAME', 'v4.example.org')),
    'www.example.org A': answers(record('www.example.org', 'CNAME', 'v4.example.org')),
    'v4.example.org A': aOnly,
  });
  t.deepEqual(lines(await answer(ask('www.example.org', 'AAAA'), up, config)), [
    'www.example.org CNAME v4.example.org',
    'v4.example.org AAAA 2001:db8:64::cb00:7105',
  ]);
});

test('RFC 6147 §5.1.2: an alias whose target has no AAAA and no SOA is asked for once, and is an empty answer', async (t) => {
  const alias = record('www.example.org', 'CNAME', 'v4.example.org');
  const up = upstream({
    'www.example.org AAAA': answers(alias),
    'v4.example.org AAAA': answers(),
    'www.example.org A': answers(alias, record('v4.example.org', 'A', '203.0.113.5')),
  });
  const reply = await answer(ask('www.example.org', 'AAAA'), up, config);
  t.deepEqual(lines(reply), ['www.example.org CNAME v4.example.org', 'v4.example.org AAAA 2001:db8:64::cb00:7105']);
  t.deepEqual(up.asked, ['www.example.org AAAA', 'v4.example.org AAAA', 'www.example.org A']);
});

test('a DNAME too', async (t) => {
  const alias = record('old.example.org', 'DNAME', 'new.example.org');
  const up = upstream({
    'w.old.example.org AAAA': answers(alias),
    'w.new.example.org AAAA': answers(),
    'w.old.example.org A': answers(alias),
    'w.new.example.org A': answers(),
  });
  const reply = await answer(ask('w.old.example.org', 'AAAA'), up, config);
  t.is(reply.rcode, 0);
  t.deepEqual(up.asked.sort(), [
    'w.new.example.org A',
    'w.new.example.org AAAA',
    'w.old.example.org A',
    'w.old.example.org AAAA',
  ]);
});

test('a chain that leads in a circle is SERVFAIL', async (t) => {
  const loop = [record('a.example.org', 'CNAME', 'b.example.org'), record('b.example.org', 'CNAME', 'a.example.org')];
  const up = upstream({ 'a.example.org AAAA': answers(...loop), 'a.example.org A': answers(...loop) });
  t.is((await answer(ask('a.example.org', 'AAAA'), up, config)).rcode, 2);
});

test('a chain that the upstream spins out for ever is SERVFAIL', async (t) => {
  let n = 0;
  const endless = {
    async query(query: Query) {
      n++;
      return { ...answers(record(query.name, 'CNAME', `n${n}.example.org`)), question: query };
    },
  };
  t.is((await answer(ask('a.example.org', 'AAAA'), endless, config)).rcode, 2);
  t.true(n < 50);
});

test('RFC 6147 §5.1.6: an empty answer for A is the answer', async (t) => {
  const reply = await aaaa({ 'v4.example.org A': noData(soa('example.org', 77)) });
  t.deepEqual([reply.rcode, reply.answers, reply.authorities[0].ttl], [0, [], 77]);
  t.deepEqual(reply.question, { name: 'v4.example.org', type: 'AAAA', class: 'IN' });
});

test('RFC 6147 §5.1.6: an error for A is the answer', async (t) => {
  t.is((await aaaa({ 'v4.example.org A': failure(5) })).rcode, 5);
  await t.throwsAsync(aaaa({ 'v4.example.org A': TIMEOUT }), { code: 'ETIMEOUT' });
});

test('RFC 6147 §5.1.6: the A records are not in the synthesized answer', async (t) => {
  t.deepEqual(data(await aaaa({ 'v4.example.org A': aOnly }), 'A'), []);
});

test('RFC 6147 §5.1.7: the owner is that of the A record, the TTL the smaller of its and of the negative answer', async (t) => {
  for (const [aTtl, soaTtl, expected] of [
    [300, 120, 120],
    [60, 120, 60],
  ]) {
    const reply = await aaaa({
      'v4.example.org AAAA': noData(soa('example.org', soaTtl)),
      'v4.example.org A': answers(
        record('v4.example.org', 'CNAME', 'V4.Example.net'),
        record('V4.Example.net', 'A', '203.0.113.5', aTtl),
      ),
    });
    t.is(reply.answers[1].ttl, expected);
    t.is(reply.answers[1].name, 'V4.Example.net');
  }
});

test('RFC 6147 §5.1.7: without SOA the TTL is at most 600 seconds', async (t) => {
  const long = answers(record('v4.example.org', 'A', '203.0.113.5', 86400));
  t.is((await aaaa({ 'v4.example.org AAAA': noData(), 'v4.example.org A': long })).answers[0].ttl, 600);
  t.is((await aaaa({ 'v4.example.org AAAA': TIMEOUT, 'v4.example.org A': long })).answers[0].ttl, 600);
});

test('RFC 6147 §5, §5.1.7: each A record is checked against the ranges, and gets a record for every prefix', async (t) => {
  const [p1, p2, p3] = ['2001:db8:1::/96', '2001:db8:2::/96', '2001:db8:3::/96'].map(Pref64.parse);
  const reply = await aaaa(
    {
      'v4.example.org A': answers(
        ...['203.0.113.5', '10.1.2.3', '192.0.2.1'].map((a) => record('v4.example.org', 'A', a)),
      ),
    },
    {},
    {
      prefixes: [p1, p2],
      ranges: [
        { range: parseIPv4Range('10.0.0.0/8'), prefixes: [p3] },
        { range: parseIPv4Range('192.0.2.0/24'), prefixes: [] },
      ],
    },
  );
  t.deepEqual(data(reply, 'AAAA'), ['2001:db8:1::cb00:7105', '2001:db8:2::cb00:7105', '2001:db8:3::a01:203']);
});

test('RFC 6147 §5.2: without a configured prefix the well-known prefix is used, with one it is not', (t) => {
  t.deepEqual(dns64Config().prefixes.map(String), ['64:ff9b::/96']);
  t.deepEqual(dns64Config({ prefixes: [NSP] }).prefixes.map(String), ['2001:db8:64::/96']);
});

test('RFC 6147 §5.3.2: the additional section passes unchanged', async (t) => {
  const extra = record('ns.example.org', 'A', '192.0.2.53');
  const reply = await aaaa({ 'v4.example.org A': { ...aOnly, additionals: [extra] } });
  t.deepEqual(reply.additionals, [extra]);
});

test('RFC 6147 §5.3.3: all other types pass unchanged, A, ANY and HTTPS among them', async (t) => {
  for (const type of ['A', 'ANY', 'MX', 'TXT', 'HTTPS', 'SRV']) {
    const given = answers(record('v4.example.org', 'A', '203.0.113.5'));
    const up = upstream({ [`v4.example.org ${type}`]: given });
    const reply = await answer(ask('v4.example.org', type), up, config);
    t.deepEqual(reply.answers, given.answers);
    t.deepEqual(up.asked, [`v4.example.org ${type}`]);
  }
});

test('an A record in the answer for AAAA is not taken for anything', async (t) => {
  const reply = await aaaa({
    'v4.example.org AAAA': answers(record('v4.example.org', 'A', '192.0.2.99')),
    'v4.example.org A': aOnly,
  });
  t.deepEqual(lines(reply), ['v4.example.org AAAA 2001:db8:64::cb00:7105']);
});

test('RFC 6052 §3.1: the well-known prefix does not represent non-global addresses', async (t) => {
  const replies = {
    'v4.example.org AAAA': noData(soa('example.org', 33)),
    'v4.example.org A': answers(
      ...['10.0.0.1', '192.168.1.1', '100.64.0.1', '169.254.169.254'].map((a) => record('v4.example.org', 'A', a)),
    ),
  };
  const reply = await aaaa(replies, {}, { prefixes: [Pref64.WELL_KNOWN] });
  t.deepEqual([reply.rcode, reply.answers, reply.authorities[0].ttl], [0, [], 33]);
  t.is((await aaaa(replies)).answers.length, 4, 'a network-specific prefix does');
  t.is((await aaaa(replies, {}, { prefixes: [Pref64.WELL_KNOWN], mayEmbed: () => true })).answers.length, 4);
});

test('RFC 6052 §3.1: 64:ff9b:1::/48 is not the well-known prefix', async (t) => {
  const replies = { 'v4.example.org A': answers(record('v4.example.org', 'A', '10.0.0.1')) };
  const reply = await aaaa(replies, {}, { prefixes: [Pref64.parse('64:ff9b:1::/48')] });
  t.deepEqual(data(reply, 'AAAA'), ['64:ff9b:1:a00:0:100::']);
});

test('without any prefix nothing is synthesized, and A is not asked for', async (t) => {
  const up = upstream({ 'v4.example.org A': aOnly });
  t.deepEqual((await answer(ask('v4.example.org', 'AAAA'), up, dns64Config({ prefixes: [] }))).answers, []);
  t.deepEqual(up.asked, ['v4.example.org AAAA']);
});
