// Every kind of name in the lab's zone, connected to in the ordinary way. The dual-stack host without the hook is the control;
// what has to differ on a host without IPv4 is listed.
import test from 'ava';
import { ipv4Packets, runProgram } from '../hosts.js';
import { HOSTS, RESOLVERS } from '../settings.js';

const V4 = '1.2.3.4';
const V6 = HOSTS.inet6.v6;

/** Name below example.org → the server that is reached, or the error's code. */
const REACHED: Readonly<Record<string, string>> = {
  v4: V4,
  v6: V6,
  dual: V6,
  dead6: V4,
  'dead6-closed': V4,
  alias: V4,
  alias2: V4,
  alias6: V6,
  'alias-dual': V6,
  'alias-out': V4,
  'alias-nodata': 'ENOTFOUND',
  dangling: 'ENOTFOUND',
  'v4.branch': V4,
  'v4.tree': V4,
  'v6.tree': V6,
  'dual.tree': V6,
  'v4.tree-out': V4,
  'v6.tree-out': V6,
  nodata: 'ENOTFOUND',
  nothere: 'ENOTFOUND',
  'leaf.empty': V4,
  empty: 'ENOTFOUND',
  'any.wild': V4,
  ttl0: V4,
  ttl86400: V4,
  as112: '192.31.196.10',
  mapped: V4,
  'mapped-mixed': V6,
  'v4.signed': V4,
  'dual.signed': V6,
  'alias.signed': V4,
  'servfail.odd': V4,
  'refused.odd': V4,
  'notimp.odd': V4,
  'nosoa.odd': V4,
  'plain.odd': V4,
};

/** What the well-known prefix may not represent (RFC 6052 §3.1): reached on `dual`, and refused at once without IPv4. */
const NOT_GLOBAL = { private10: '10.9.9.10', private192: '192.168.9.10', shared: '100.64.9.10' };

const full = (table: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [`${name}.example.org`, value]));
const names = Object.keys(full({ ...REACHED, ...NOT_GLOBAL }));

test.after.always('no IPv4 packet left a host', (t) => {
  for (const host of ['app', 'app0'] as const) t.deepEqual(ipv4Packets(host), { sent: 0, received: 0 }, host);
});

test.serial('the table is what an ordinary dual-stack host does (control)', async (t) => {
  const result = await runProgram('dual', 'connect-all.cjs', names, { hook: false });
  t.deepEqual(result, full({ ...REACHED, ...NOT_GLOBAL }));
});

test.serial('dual: nothing of it changes with the hook', async (t) => {
  t.deepEqual(await runProgram('dual', 'connect-all.cjs', names), full({ ...REACHED, ...NOT_GLOBAL }));
});

const refused = Object.fromEntries(Object.keys(NOT_GLOBAL).map((name) => [name, 'ENETUNREACH']));

for (const [what, host, resolver] of [
  ['with DNS64', 'app', undefined],
  ['without DNS64', 'app0', undefined],
  ['with DNS64 by BIND', 'app', 'bind64'],
  ['with 127.0.0.1 on lo', 'typical', undefined],
  // The name server is behind the NAT64 too.
  ['with only an IPv4 name server in resolv.conf', 'app0', RESOLVERS.plain.v4],
] as const) {
  test.serial(`${host}, ${what}: every name leads where it does on a dual-stack host`, async (t) => {
    const result = await runProgram(host, 'connect-all.cjs', names, { resolver });
    t.deepEqual(result, full({ ...REACHED, ...refused }));
  });
}

test.serial('a mix of global and private addresses: the global one is reached', async (t) => {
  for (const host of ['app', 'app0'] as const) {
    t.deepEqual(await runProgram(host, 'connect-all.cjs', ['mixed.example.org']), { 'mixed.example.org': V4 }, host);
  }
});

test.serial('a name that does not validate is not connected to', async (t) => {
  for (const host of ['app', 'app0', 'dual'] as const) {
    const result = await runProgram(host, 'connect-all.cjs', ['v4.bogus.example.org']);
    t.regex(result['v4.bogus.example.org'] ?? '', /^(EAI_AGAIN|ENOTFOUND|ESERVFAIL)$/, host);
  }
});
