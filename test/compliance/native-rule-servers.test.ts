import assert from 'node:assert/strict';
import dns from 'node:dns/promises';
import { HOST4 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Where the policy names the servers, v6only's own resolver comes first: with the rule of native-rule.test.ts, and beside what
// names.test.ts says of the system's.
const check = suite(import.meta.url, {
  on: ['v6', 'lo4'],
  dns: 'plain',
  env: {
    V6ONLY_POLICY: '{"dns64":{"servers":["::1"]},"rules":[{"match":"both6.example.org","to":"native"}]}',
  },
});

check('a name of a rule goes to its native address', async () => {
  assert.match((await dns.lookup('both6.example.org', { family: 4 })).address, /^198\.1[89]\./);
});

check('any other name goes where its A records say', async () => {
  assert.equal((await dns.lookup('silent6.example.org', { family: 4 })).address, HOST4);
});

check('an error of the name server is that of getaddrinfo: the name may exist', async () => {
  const error = { code: 'EAI_AGAIN', errno: -3001, syscall: 'getaddrinfo', hostname: 'failing.example.org' };
  for (const family of [0, 4, 6]) await assert.rejects(dns.lookup('failing.example.org', { family }), error);
  await assert.rejects(dns.lookup('missing.example.org'), { code: 'ENOTFOUND' });
  await assert.rejects(dns.lookup(`${'x'.repeat(64)}.example.org`), { code: 'ENOTFOUND' });
});

check('a name whose only address is an IPv4-mapped one has that address, in the form that was asked for', async () => {
  const lookup = async (family: number) => Object.values(await dns.lookup('mapped.example.org', { family }));
  assert.deepEqual(await lookup(0), ['10.0.0.1', 4]);
  assert.deepEqual(await lookup(4), ['10.0.0.1', 4]);
  assert.deepEqual(await lookup(6), ['::ffff:10.0.0.1', 6]);
});
