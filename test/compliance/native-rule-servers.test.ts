import assert from 'node:assert/strict';
import dns from 'node:dns/promises';
import { HOST4 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// The rule of native-rule.test.ts, where the policy names the servers, so that v6only's own resolver comes first.
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
