import assert from 'node:assert/strict';
import dns from 'node:dns';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HOST4, HOST4_EMBEDDED } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// RFC 6147 §5.1.4: AAAA records in an excluded network count as absent, for every face of dns.
const policy = path.join(mkdtempSync(path.join(tmpdir(), 'v6only-exclude-')), 'policy.json');
writeFileSync(policy, JSON.stringify({ dns64: { exclude: ['2001:db8:2::/64'] } }));
const check = suite(import.meta.url, {
  on: ['noinet', 'v6', 'lo4'],
  dns: 'plain',
  env: { V6ONLY_POLICY: policy },
});

check('a name whose AAAA records are excluded has synthesized ones', async () => {
  assert.deepEqual(await dns.promises.lookup('both6.example.org', { family: 6, all: true }), [
    { address: HOST4_EMBEDDED, family: 6 },
  ]);
  assert.deepEqual(await dns.promises.resolve6('both6.example.org'), [HOST4_EMBEDDED]);
  const [{ address, ttl }] = await dns.promises.resolve6('both6.example.org', { ttl: true });
  assert.equal(address, HOST4_EMBEDDED);
  assert.ok(ttl > 0 && ttl <= 600);
});

check('to who asks for any family it is a name with A records', async () => {
  assert.deepEqual(await dns.promises.lookup('both6.example.org', { all: true }), [{ address: HOST4, family: 4 }]);
});

check('a name with excluded records alone has no address', async () => {
  for (const family of [0, 4, 6])
    await assert.rejects(dns.promises.lookup('peer6.example.org', { family }), {
      code: 'ENOTFOUND',
      message: 'getaddrinfo ENOTFOUND peer6.example.org',
    });
  for (const resolve of [dns.promises.resolve4, dns.promises.resolve6])
    await assert.rejects(resolve('peer6.example.org'), { code: 'ENODATA' });
});

check('any other name is as ever', async () => {
  assert.deepEqual(await dns.promises.resolve6('v4only.example.org'), [HOST4_EMBEDDED]);
  assert.equal((await dns.promises.lookup('v4only.example.org', { family: 6 })).address, HOST4_EMBEDDED);
});
