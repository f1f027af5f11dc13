import assert from 'node:assert/strict';
import dns from 'node:dns/promises';
import { createRequire } from 'node:module';
import type * as V6only from '../../src/index.js';
import { inRepository } from '../support/paths.js';
import { suite } from '../support/suite.js';

// Claim 9: one name cannot use up the addresses that other names need, with any number of addresses and any TTL.
const check = suite(import.meta.url, { on: ['v6', 'dual'], dns: 'plain' });
const { status } = createRequire(import.meta.url)(inRepository('build/src/index.js')) as typeof V6only;

const grown = async (look: () => Promise<unknown>) => {
  const before = status().poolSize;
  await look();
  return status().poolSize - before;
};

check('a look-up of one address uses up one', async () => {
  assert.equal(await grown(() => dns.lookup('many-1.example.org', { family: 4 })), 1);
});

check('a look-up of all uses up 32 at most', async () => {
  const all = await dns.lookup('many-2.example.org', { family: 4, all: true });
  assert.equal(all.length, 32);
  assert.equal(await grown(() => dns.lookup('many-3.example.org', { family: 4, all: true })), 32);
});

check('resolve4 too, and the TTL is an hour at most', { on: ['v6'] }, async () => {
  const all = await dns.resolve4('many-4.example.org', { ttl: true });
  assert.equal(all.length, 32);
  assert.deepEqual(new Set(all.map(({ ttl }) => ttl)), new Set([3600]));
  assert.equal(await grown(() => dns.resolve4('many-5.example.org')), 32);
});
