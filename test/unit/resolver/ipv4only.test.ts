import test, { type ExecutionContext } from 'ava';
import { Pref64 } from '../../../src/address/pref64.js';
import { answer } from '../../../src/resolver/dns64.js';
import { dns64Config } from '../../../src/resolver/dns64-config.js';
import { reverseName } from '../../../src/resolver/reverse-name.js';
import type { Query } from '../../../src/resolver/types.js';
import { ask, data, lines, upstream } from './_upstream.js';

const config = dns64Config({ prefixes: [Pref64.WELL_KNOWN, Pref64.parse('2001:db8:64::/96')] });
const local = async (t: ExecutionContext, name: string, type: string, bits: Partial<Query> = {}) => {
  const up = upstream();
  const reply = await answer(ask(name, type, bits), up, config);
  t.deepEqual(up.asked, [], 'the upstream is not asked');
  return reply;
};

test('RFC 8880 §7.1: ipv4only.arpa A is answered locally', async (t) => {
  t.deepEqual(data(await local(t, 'IPv4only.ARPA', 'A'), 'A'), ['192.0.0.170', '192.0.0.171']);
});

test('RFC 8880 §7.1: ipv4only.arpa AAAA shows every prefix, the well-known one too', async (t) => {
  t.deepEqual(data(await local(t, 'ipv4only.arpa', 'AAAA'), 'AAAA'), [
    '64:ff9b::c000:aa',
    '64:ff9b::c000:ab',
    '2001:db8:64::c000:aa',
    '2001:db8:64::c000:ab',
  ]);
});

test('RFC 8880 §7.1: other types are NODATA with an SOA', async (t) => {
  const reply = await local(t, 'ipv4only.arpa', 'TXT');
  t.deepEqual([reply.rcode, reply.answers, reply.authorities[0].type], [0, [], 'SOA']);
});

test('RFC 8880 §7.1: DS is asked of the upstream: it belongs to the parent zone', async (t) => {
  const up = upstream();
  await answer(ask('ipv4only.arpa', 'DS'), up, config);
  t.deepEqual(up.asked, ['ipv4only.arpa DS']);
});

test('RFC 8880 §7.1: names below it are NXDOMAIN', async (t) => {
  t.is((await local(t, 'www.ipv4only.arpa', 'AAAA')).rcode, 3);
  t.is((await local(t, 'x.170.0.0.192.in-addr.arpa', 'PTR')).rcode, 3);
});

test('RFC 8880 §7.2: the reverse names of the two addresses are ipv4only.arpa', async (t) => {
  for (const address of ['192.0.0.170', '192.0.0.171']) {
    t.deepEqual(data(await local(t, reverseName(address), 'PTR'), 'PTR'), ['ipv4only.arpa']);
  }
});

test('RFC 8880 §7.2, RFC 6147 §5.3.1: so are those of their synthesized addresses', async (t) => {
  const name = reverseName('64:ff9b::192.0.0.170');
  t.deepEqual(lines(await local(t, name, 'PTR')), [`${name} PTR ipv4only.arpa`]);
});

test('who is himself looking for the prefix does not answer himself', async (t) => {
  const up = upstream();
  await answer(ask('ipv4only.arpa', 'AAAA'), up, dns64Config({ prefixes: [], answersIpv4Only: false }));
  t.deepEqual(up.asked, ['ipv4only.arpa AAAA']);
});
