import assert from 'node:assert/strict';
import { OUTSIDE4, OUTSIDE4_EMBEDDED, OUTSIDE6, own4 } from '../support/beyond.js';
import { ALL_KINDS } from '../support/host.js';
import { allBut, connected, kindHere } from '../support/host-table.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// A client that is bound first goes where any other goes. With a general IPv4 route its socket is AF_INET by then.
const BY_RULE = '192.0.2.81';
const NATIVE = 'outside6.example.org';
const rules = [
  { match: BY_RULE, to: OUTSIDE6 },
  { match: OUTSIDE4, to: 'nat64' },
  { match: NATIVE, to: 'native' },
];
const check = suite(import.meta.url, {
  on: ALL_KINDS,
  second: true,
  dns: 'plain',
  env: { V6ONLY_POLICY: JSON.stringify({ rules }) },
});

for (const options of [
  {},
  { localPort: 4177 },
  { localAddress: '0.0.0.0' },
  { localAddress: '0.0.0.0', localPort: 4178 },
]) {
  check(`rules hold for a client with ${JSON.stringify(options)}`, async () => {
    const byRule = await connected({ host: BY_RULE, ...options });
    assert.deepEqual([byRule.said, byRule.remoteAddress], [`${OUTSIDE6} ${HOST6}`, BY_RULE]);
    const nat64 = await connected({ host: OUTSIDE4, ...options });
    assert.deepEqual([nat64.said, nat64.remoteAddress], [`${OUTSIDE4_EMBEDDED} ${HOST6}`, OUTSIDE4]);
    const native = await connected({ host: NATIVE, family: 4, ...options });
    assert.equal(native.said, `${OUTSIDE6} ${HOST6}`);
  });
}

check(
  'a rule that names an IPv6 address holds for a client on an IPv4 address of this host too',
  { on: allBut('noinet', 'v6', 'lo4') },
  async () => {
    const localAddress = own4(kindHere).address;
    const { said, remoteAddress } = await connected({ host: BY_RULE, localAddress });
    assert.deepEqual([said, remoteAddress], [`${OUTSIDE6} ${HOST6}`, BY_RULE]);
  },
);
