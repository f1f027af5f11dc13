import test from 'ava';
import { parseIPv6 } from '../../../src/address/ipv6.js';
import { Pref64 } from '../../../src/address/pref64.js';
import { answer } from '../../../src/resolver/dns64.js';
import { dns64Config } from '../../../src/resolver/dns64-config.js';
import { octetsOfReverseName, reverseName } from '../../../src/resolver/reverse-name.js';
import { answers, ask, failure, lines, record, TIMEOUT, upstream } from './_upstream.js';

const NSP = Pref64.parse('2001:db8:64::/96');
const config = dns64Config({ prefixes: [NSP, Pref64.parse('2001:db8:122:344::/64')] });
const name = reverseName(NSP.embed('203.0.113.5'));
const target = '5.113.0.203.in-addr.arpa';

test('reverse names and addresses map to each other', (t) => {
  t.is(reverseName('192.0.2.33'), '33.2.0.192.in-addr.arpa');
  t.is(reverseName('2001:db8::1'), `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`);
  for (const address of ['2001:db8::1', '64:ff9b::c000:221']) {
    t.deepEqual(octetsOfReverseName(reverseName(address)), parseIPv6(address));
  }
  for (const no of ['example.org', '2.0.192.in-addr.arpa', '8.b.d.0.1.0.0.2.ip6.arpa', `${'g.'.repeat(32)}ip6.arpa`]) {
    t.is(octetsOfReverseName(no), undefined);
  }
  t.throws(() => reverseName('nonsense'), { code: 'V6ONLY_INVALID_ADDRESS' });
});

test('RFC 6147 §5.3.1 (b): a PTR under a prefix is a CNAME to in-addr.arpa, with what is there', async (t) => {
  const up = upstream({ [`${target} PTR`]: answers(record(target, 'PTR', 'v4.example.org', 300)) });
  const reply = await answer(ask(name.toUpperCase(), 'PTR'), up, config);
  t.deepEqual(lines(reply), [`${name.toUpperCase()} CNAME ${target}`, `${target} PTR v4.example.org`]);
  t.is(reply.question?.name, name.toUpperCase());
});

test('RFC 6147 §5.3.1: under every prefix in use, of any length', async (t) => {
  const up = upstream({ [`${target} PTR`]: answers(record(target, 'PTR', 'v4.example.org')) });
  const other = reverseName(Pref64.parse('2001:db8:122:344::/64').embed('203.0.113.5'));
  t.deepEqual(lines(await answer(ask(other, 'PTR'), up, config))[1], `${target} PTR v4.example.org`);
});

test('RFC 6147 §5.3.1: of nested prefixes the longest tells which address it is', async (t) => {
  const nested = ['2001:db8::/32', '2001:db8:122:344::/64'].map((prefix) => Pref64.parse(prefix));
  const up = upstream({ [`${target} PTR`]: answers(record(target, 'PTR', 'v4.example.org')) });
  const other = reverseName('2001:db8:122:344:cb:71:500:0');
  t.deepEqual(
    lines(await answer(ask(other, 'PTR'), up, { ...config, prefixes: nested }))[1],
    `${target} PTR v4.example.org`,
  );
});

test('RFC 6147 §5.3.1: no CNAME to a CNAME, as with RFC 2317 delegations: a direct answer (a)', async (t) => {
  const up = upstream({
    [`${target} PTR`]: answers(
      record(target, 'CNAME', '5.0-127.113.0.203.in-addr.arpa'),
      record('5.0-127.113.0.203.in-addr.arpa', 'PTR', 'v4.example.org'),
    ),
  });
  t.deepEqual(lines(await answer(ask(name, 'PTR'), up, config)), [`${name} PTR v4.example.org`]);
});

for (const [what, reply] of [
  ['has no data', undefined],
  ['does not exist', failure(3)],
  ['cannot be asked for', TIMEOUT],
] as const) {
  test(`RFC 6147 §5.3.1: where the target ${what}, the query is passed through`, async (t) => {
    const up = upstream({
      ...(reply && { [`${target} PTR`]: reply }),
      [`${name} PTR`]: answers(record(name, 'PTR', 'real.example.org')),
    });
    t.deepEqual(lines(await answer(ask(name, 'PTR'), up, config)), [`${name} PTR real.example.org`]);
  });
}

test('RFC 6147 §5.3.1: PTR queries outside the prefixes, and other types under them, are passed through', async (t) => {
  const outside = reverseName('2001:db8::1');
  const up = upstream({ [`${outside} PTR`]: answers(record(outside, 'PTR', 'six.example.org')) });
  t.deepEqual(lines(await answer(ask(outside, 'PTR'), up, config)), [`${outside} PTR six.example.org`]);
  await answer(ask(name, 'TXT'), up, config);
  t.deepEqual(up.asked, [`${outside} PTR`, `${name} TXT`]);
});

test('RFC 6147 §5.5 (3) is about AAAA: a PTR is answered to who sets DO and CD too', async (t) => {
  const up = upstream({ [`${target} PTR`]: answers(record(target, 'PTR', 'v4.example.org')) });
  const reply = await answer(ask(name, 'PTR', { dnssecOk: true, checkingDisabled: true }), up, config);
  t.deepEqual(lines(reply)[1], `${target} PTR v4.example.org`);
});
