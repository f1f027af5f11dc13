// ioredis to a redis-server: pipeline, transactions, publish and subscribe, a script, the client's address as the server sees it
// needs: redis-server
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { redis } from '../../../build/test/packages/support/daemons.js';
import { done } from '../../../build/test/packages/support/program.js';

await redis('6379');
const client = new Redis({ host: '127.0.0.1', port: 6379, family: 4, retryStrategy: () => null });
await client.set('greeting', 'hello');
assert.equal(await client.get('greeting'), 'hello');
const results = await client.pipeline().incr('n').incr('n').del('n').exec();
assert.deepEqual(
  results.map(([, value]) => value),
  [1, 2, 1],
);
const listener = new Redis('redis://127.0.0.1:6379');
await listener.subscribe('news');
const heard = once(listener, 'message');
await client.publish('news', 'today');
assert.deepEqual(await heard, ['news', 'today']);
assert.equal(await client.eval('return redis.call("get", KEYS[1]) .. ARGV[1]', 1, 'greeting', '!'), 'hello!');
assert.equal(client.stream.remoteAddress, '127.0.0.1');
const wrong = new Redis({ host: '127.0.0.1', port: 6380, lazyConnect: true, retryStrategy: () => null });
const failed = once(wrong, 'error');
wrong.connect().catch(() => {});
assert.equal((await failed)[0].message, 'connect ECONNREFUSED 127.0.0.1:6380');
await Promise.all([client.quit(), listener.quit()]);
done();
