'use strict';
// memcached: a ring of servers by IPv4 literal
// needs: memcached
const assert = require('node:assert/strict');
const { promisify } = require('node:util');
const Memcached = require('memcached');

(async () => {
  const { memcached } = await import('../../../build/test/packages/support/daemons.js');
  const { done } = await import('../../../build/test/packages/support/program.js');
  await memcached('11211');
  const client = new Memcached(['127.0.0.1:11211'], { retries: 0 });
  await promisify(client.set).call(client, 'k', { v: 1 }, 10);
  assert.deepEqual(await promisify(client.get).call(client, 'k'), { v: 1 });
  const [stats] = await promisify(client.stats).call(client);
  assert.equal(stats.server, '127.0.0.1:11211');
  client.end();
  done();
})();
