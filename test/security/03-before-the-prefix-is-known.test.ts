import assert from 'node:assert/strict';
import dns from 'node:dns';
import { kindHere } from '../support/host-table.js';
import { suite } from '../support/suite.js';

// Claim 3, for the first question of a program: the prefix that decides what an address embeds is not known yet.
const check = suite(import.meta.url, {
  on: ['v6', 'dual'],
  env: { V6ONLY_NAT64: undefined },
  dns: 'says:2001:db8:64::c000:aa,2001:db8:64::c000:ab',
});

check('3: a private address under the prefix of the network is shown as it is', async () => {
  const name = 'other-private.example.org';
  const byCallback = new Promise((resolve, reject) => {
    dns.lookup(name, 4, (error, address) => (error ? reject(error) : resolve(address)));
  });
  const answers = await Promise.all([
    byCallback,
    dns.promises.lookup(name, 4).then(({ address }) => address),
    // With a general IPv4 route only `lookup` shows IPv6 addresses as IPv4.
    kindHere === 'dual' ? undefined : dns.promises.resolve4(name).then(([address]) => address),
  ]);
  assert.deepEqual(new Set(answers.filter(Boolean)), new Set(['10.0.0.1']));
});
