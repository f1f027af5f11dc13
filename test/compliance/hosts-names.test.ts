import assert from 'node:assert/strict';
import dns from 'node:dns/promises';
import { NEIGHBOURS, OUTSIDE4, OUTSIDE4_EMBEDDED, OUTSIDE6, own4 } from '../support/beyond.js';
import { ALL_KINDS, type Kind } from '../support/host.js';
import { connected, table } from '../support/host-table.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// What a name is on every kind of host, where the network's resolver knows nothing of NAT64.
const check = suite(import.meta.url, { on: ALL_KINDS, second: true, dns: 'plain' });

const A_ONLY = 'outside4.example.org';
const AAAA_ONLY = 'outside6.example.org';
const POOL = /^198\.1[89]\.\d+\.\d+$/;

// biome-ignore format: it is a table
table(check, [
  // The columns:                             without        docker         vpn            egress,     private,    container
  //                                          IPv4                                         clat        dual

  ['lookup of an A-only name',                ['A',           'A',           'A',           'A',        'A',        'A'], lookupA],
  ['resolve4 of an A-only name',              ['A',           'A',           'A',           'A',        'A',        'A'], resolveA],
  ['a connection to an A-only name',          ['NAT64',       'NAT64',       'NAT64',       'IPv4',     'IPv4',     'NAT64'], connectA({})],
  ['the same with family 4',                  ['NAT64',       'NAT64',       'NAT64',       'IPv4',     'IPv4',     'NAT64'], connectA({ family: 4 })],
  ['the same with family 6',                  ['synthesized', 'synthesized', 'synthesized', 'ENOTFOUND', 'ENOTFOUND', '-'], connectA({ family: 6 })],
  ['lookup of an A-only name with family 6',  ['synthesized', 'synthesized', 'synthesized', 'ENOTFOUND', 'ENOTFOUND', '-'], lookup6],
  ['resolve6 of an A-only name',              ['synthesized', 'synthesized', 'synthesized', 'ENODATA',  'ENODATA',  '-'], resolve6],
  ['lookup of an AAAA-only name, family 4',   ['pool',        'pool',        'pool',        'pool',     'pool',     'pool'], lookup4],
  ['a connection to it with family 4',        ['pool',        'pool',        'pool',        'pool',     'pool',     'pool'], connect4],
  ['resolve4 of an AAAA-only name',           ['pool',        'pool',        'pool',        'ENODATA',  'ENODATA',  '-'], resolve4],
  ['lookup of an AAAA-only name',             ['AAAA',        'AAAA',        'AAAA',        'AAAA',     'AAAA',     'AAAA'], lookupAAAA],
  ['an IPv4 name server without a route',     ['answers',     'answers',     'answers',     'answers',  'answers',  'answers'], nameServerOutside],
  ['an IPv4 name server with a route',        ['-',           'answers',     'answers',     'answers',  'answers',  'answers'], nameServerBeside],
]);

async function lookupA() {
  const expected = [{ address: OUTSIDE4, family: 4 }];
  assert.deepEqual(await dns.lookup(A_ONLY, { all: true }), expected);
  assert.deepEqual(await dns.lookup(A_ONLY, { all: true, family: 4 }), expected);
}

async function resolveA() {
  assert.deepEqual(await dns.resolve4(A_ONLY), [OUTSIDE4]);
}

function connectA(options: object) {
  return async (word: string, kind: Kind) => {
    const result = await connected({ host: A_ONLY, ...options });
    if (word.startsWith('E')) return assert.deepEqual(result, { error: word });
    const target = word === 'IPv4' ? `${OUTSIDE4} ${own4(kind).address}` : `${OUTSIDE4_EMBEDDED} ${HOST6}`;
    assert.equal(result.said, target, JSON.stringify(result));
    // Who asks for an IPv6 address gets one.
    assert.equal(result.remoteAddress, word === 'synthesized' ? OUTSIDE4_EMBEDDED : OUTSIDE4);
  };
}

async function lookup6(word: string) {
  const asked = dns.lookup(A_ONLY, { all: true, family: 6 });
  if (word !== 'synthesized') await assert.rejects(asked, { code: word });
  else assert.deepEqual(await asked, [{ address: OUTSIDE4_EMBEDDED, family: 6 }]);
}

async function resolve6(word: string) {
  const asked = dns.resolve6(A_ONLY);
  if (word !== 'synthesized') await assert.rejects(asked, { code: word });
  else assert.deepEqual(await asked, [OUTSIDE4_EMBEDDED]);
}

async function lookup4() {
  const { address, family } = await dns.lookup(AAAA_ONLY, { family: 4 });
  assert.match(address, POOL);
  assert.equal(family, 4);
}

async function connect4() {
  const result = await connected({ host: AAAA_ONLY, family: 4 });
  assert.equal(result.said, `${OUTSIDE6} ${HOST6}`, JSON.stringify(result));
  assert.match(result.remoteAddress as string, POOL);
  assert.equal(result.remoteFamily, 'IPv4');
  // What the name was shown as leads there as well.
  const { address } = await dns.lookup(AAAA_ONLY, { family: 4 });
  assert.equal((await connected({ host: address })).said, `${OUTSIDE6} ${HOST6}`);
}

async function resolve4(word: string) {
  const asked = dns.resolve4(AAAA_ONLY);
  if (word !== 'pool') await assert.rejects(asked, { code: word });
  else for (const address of await asked) assert.match(address, POOL);
}

async function lookupAAAA() {
  assert.deepEqual(await dns.lookup(AAAA_ONLY, { all: true }), [{ address: OUTSIDE6, family: 6 }]);
}

async function nameServerOutside(_: unknown, kind: Kind) {
  // On a network that denies the route somebody has to be told so first.
  if (kind === 'container') await connected({ host: OUTSIDE4 });
  await answersBy(OUTSIDE4);
}

async function nameServerBeside(_: unknown, kind: Kind) {
  await answersBy(NEIGHBOURS[kind][0] ?? OUTSIDE4);
}

async function answersBy(server: string) {
  const resolver = new dns.Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([server]);
  assert.deepEqual(resolver.getServers(), [server]);
  assert.deepEqual(await resolver.resolve4(A_ONLY), [OUTSIDE4]);
}
