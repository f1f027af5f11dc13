// redis (the official client): a pool that reconnects after the server dropped it
// needs: redis-server
import assert from 'node:assert/strict';
import { createClient } from 'redis';
import { redis } from '../../../build/test/packages/support/daemons.js';
import { done } from '../../../build/test/packages/support/program.js';

await redis('6379');
const client = createClient({ url: 'redis://127.0.0.1:6379', socket: { reconnectStrategy: () => 50 } });
client.on('error', () => {});
await client.connect();
await client.hSet('h', { a: '1', b: '2' });
assert.deepEqual({ ...(await client.hGetAll('h')) }, { a: '1', b: '2' });
const admin = createClient({ socket: { host: '127.0.0.1', port: 6379 } });
await admin.connect();
const again = new Promise((resolve) => client.once('ready', resolve));
await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
await again;
assert.equal(await client.ping(), 'PONG');
await Promise.all([client.close(), admin.close()]);
done();
