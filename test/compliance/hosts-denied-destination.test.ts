import assert from 'node:assert/strict';
import { OUTSIDE4, OWN4 } from '../support/beyond.js';
import { answered, connected, kindHere, withUdp4 } from '../support/host-table.js';
import { suite } from '../support/suite.js';

// On a host whose IPv4 works, a router denies some destinations: reserved addresses, and private ones that it does not know. Such
// an answer concerns the destination alone. The order of the checks counts: nothing has shown yet that IPv4 works.
const check = suite(import.meta.url, {
  on: ['dual', 'private', 'egress'],
  second: true,
  env: { V6ONLY_NAT64: '64:ff9b::/96' },
});

const RESERVED = '240.1.2.3';
const overIPv4 = () => `${OUTSIDE4} ${OWN4[kindHere as keyof typeof OWN4].address}`;

check('a connection to a reserved address that the network denies does not take the host off IPv4', async () => {
  await connected({ host: RESERVED });
  assert.equal((await connected({ host: OUTSIDE4 })).said, overIPv4());
  await withUdp4(undefined, async (socket) => assert.equal((await answered(socket, OUTSIDE4)).said, overIPv4()));
});

check('an address of the pool that stands for nothing leads nowhere', async () => {
  assert.deepEqual(await connected({ host: '198.18.0.1' }), { error: 'ENETUNREACH' });
});
