import test, { type ExecutionContext } from 'ava';
import { Pref64 } from '../../../src/address/pref64.js';
import { RESOLV_CONF_DEFAULTS } from '../../../src/resolver/resolv-conf.js';
import { Resolver, type ResolverOptions } from '../../../src/resolver/resolver.js';
import type { ResourceRecord } from '../../../src/resolver/types.js';
import { type Asked, nameServer, reply } from './_server.js';
import { record, soa } from './_upstream.js';

const NSP = [Pref64.parse('2001:db8:64::/96')];

/** A server of this zone: `'name TYPE'` → records; NXDOMAIN for names that are not in it. */
type Zone = Readonly<Record<string, ResourceRecord[] | number | 'silence'>>;

const zone = (records: Zone) => (query: Asked) => {
  const name = query.question.name.toLowerCase();
  const found = records[`${name} ${query.question.type}`];
  if (found === 'silence') return undefined;
  if (typeof found === 'number') return reply(query, [], { rcode: found });
  const exists = Object.keys(records).some((key) => key.startsWith(`${name} `));
  return reply(query, found ?? [], { rcode: exists ? 0 : 3, authorities: found ? [] : [soa()] });
};
const ZONE: Zone = {
  'v4.example.org A': [record('v4.example.org', 'A', '203.0.113.5')],
  'v6.example.org AAAA': [record('v6.example.org', 'AAAA', '2001:db8::6')],
  'both.example.org A': [record('both.example.org', 'A', '203.0.113.7')],
  'both.example.org AAAA': [record('both.example.org', 'AAAA', '2001:db8::7')],
  'helped.example.org A': [record('helped.example.org', 'A', '203.0.113.9')],
  'helped.example.org AAAA': [record('helped.example.org', 'AAAA', '2001:db8:64::cb00:7109')],
  'hidden.example.org A': [],
  'hidden.example.org AAAA': [record('hidden.example.org', 'AAAA', '2001:db8:64::cb00:710a')],
  'www.example.org A': [
    record('www.example.org', 'CNAME', 'v4.example.org'),
    record('v4.example.org', 'A', '203.0.113.5'),
  ],
  'slow.example.org A': 'silence',
  'slow.example.org AAAA': [],
  'refused.example.org A': 5,
  'refused.example.org AAAA': 5,
  'txt.example.org TXT': [record('txt.example.org', 'TXT', [Buffer.from('hello')])],
};

/** Not with this machine's resolv.conf, which may name search domains. */
async function resolver(
  t: ExecutionContext,
  records = ZONE,
  options: Partial<ResolverOptions> = {},
  conf = RESOLV_CONF_DEFAULTS,
) {
  const server = await nameServer(t, zone(records));
  const given = { servers: () => [server.at], prefixes: () => NSP, timeoutMs: 60_000, attempts: 1 };
  const r = new Resolver({ ...given, ...options }, conf);
  return Object.assign(r, { seen: server.seen });
}
const list = (addresses: Awaited<ReturnType<Resolver['resolveAddresses']>>) =>
  addresses.map(({ address, family, ipv4 }) => `${address} ${family}${ipv4 === undefined ? '' : ' synthesized'}`);

for (const [name, family, expected] of [
  ['v4.example.org', 4, ['203.0.113.5 4']],
  ['v4.example.org', 6, ['2001:db8:64::cb00:7105 6 synthesized']],
  ['v4.example.org', 0, ['203.0.113.5 4']],
  ['v6.example.org', 6, ['2001:db8::6 6']],
  ['v6.example.org', 0, ['2001:db8::6 6']],
  ['both.example.org', 4, ['203.0.113.7 4']],
  ['both.example.org', 6, ['2001:db8::7 6']],
  ['both.example.org', 0, ['2001:db8::7 6', '203.0.113.7 4']],
  ['helped.example.org', 6, ['2001:db8:64::cb00:7109 6 synthesized']],
  ['helped.example.org', 0, ['203.0.113.9 4']],
  ['hidden.example.org', 4, ['203.0.113.10 4']],
  ['hidden.example.org', 0, ['203.0.113.10 4']],
  ['www.example.org', 6, ['2001:db8:64::cb00:7105 6 synthesized']],
  ['192.0.2.1', 0, ['192.0.2.1 4']],
  ['2001:db8::1', 6, ['2001:db8::1 6']],
  ['localhost', 0, ['::1 6', '127.0.0.1 4']],
  ['localhost', 4, ['127.0.0.1 4']],
] as const) {
  test(`the addresses of ${name}, family ${family}`, async (t) => {
    const r = await resolver(t);
    t.deepEqual(list(await r.resolveAddresses(name, family)), expected);
  });
}

for (const [name, family, code] of [
  ['gone.example.org', 4, 'ENOTFOUND'],
  ['gone.example.org', 0, 'ENOTFOUND'],
  ['v6.example.org', 4, 'ENODATA'],
  ['txt.example.org', 0, 'ENODATA'],
  ['slow.example.org', 0, 'ETIMEOUT'],
  ['refused.example.org', 6, 'EREFUSED'],
  ['a..b', 4, 'EBADNAME'],
] as const) {
  test(`the addresses of ${name}, family ${family}: ${code}`, async (t) => {
    const r = await resolver(t, ZONE, code === 'ETIMEOUT' ? { timeoutMs: 200 } : {});
    await t.throwsAsync(r.resolveAddresses(name, family), { code });
  });
}

test('without a prefix nothing is synthesized', async (t) => {
  const r = await resolver(t, ZONE, { prefixes: () => [] });
  await t.throwsAsync(r.resolveAddresses('v4.example.org', 6), { code: 'ENODATA' });
  t.deepEqual(list(await r.resolveAddresses('v4.example.org', 0)), ['203.0.113.5 4']);
});

test('cached addresses are there at once, until another prefix or the end of their TTL', async (t) => {
  let prefixes = NSP;
  const r = await resolver(t, ZONE, { prefixes: () => prefixes });
  t.is(r.cachedAddresses('v4.example.org', 6), undefined);
  const addresses = await r.resolveAddresses('v4.example.org', 6);
  t.is(r.cachedAddresses('v4.example.org', 6), addresses);
  prefixes = [Pref64.parse('2001:db8:65::/96')];
  t.is(r.cachedAddresses('v4.example.org', 6), undefined);
  t.deepEqual(list(await r.resolveAddresses('v4.example.org', 6)), ['2001:db8:65::cb00:7105 6 synthesized']);
  t.is(r.seen.length, 2, 'the A and AAAA answers themselves were still good');
  const short = await resolver(t, { 'x.example.org A': [record('x.example.org', 'A', '203.0.113.5', 0)] });
  await short.resolveAddresses('x.example.org', 4);
  t.is(short.cachedAddresses('x.example.org', 4), undefined, 'a TTL of zero is for once');
});

test('names with other letters are asked for in ASCII', async (t) => {
  const r = await resolver(t, { 'xn--mnchen-3ya.example A': [record('xn--mnchen-3ya.example', 'A', '203.0.113.5')] });
  t.deepEqual(list(await r.resolveAddresses('münchen.example', 4)), ['203.0.113.5 4']);
});

test('the search domains of resolv.conf are tried in turn, and the addresses are kept for the name as it was asked for', async (t) => {
  const conf = { ...RESOLV_CONF_DEFAULTS, search: ['gone.example.org', 'example.org'] };
  const r = await resolver(t, ZONE, {}, conf);
  t.deepEqual(list(await r.resolveAddresses('v4', 4)), ['203.0.113.5 4']);
  t.deepEqual(
    r.seen.map(({ question }) => question.name.toLowerCase()),
    ['v4.gone.example.org', 'v4.example.org'],
  );
  t.is(r.cachedAddresses('v4', 4)?.length, 1);
  t.is(r.cachedAddresses('v4.example.org', 4), undefined);
  await t.throwsAsync(r.resolveAddresses('gone', 4), {
    code: 'ENOTFOUND',
    message: 'queryA ENOTFOUND gone.gone.example.org',
  });
});
