// node-osc: a mixing desk at 0.0.0.0, messages and a bundle, the sender's address beside each
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Client, Server } from 'node-osc';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const server = new Server(3333, '0.0.0.0');
await once(server, 'listening');
for (const host of ['127.0.0.1', REMOTE]) {
  const client = new Client(host, 3333);
  const heard = once(server, 'message');
  await client.send('/fader/1', 0.5);
  const [message, from] = await heard;
  assert.deepEqual(message, ['/fader/1', 0.5]);
  assert.equal(from.family, 'IPv4');
  assert.match(from.address, /^\d+\.\d+\.\d+\.\d+$/);
  await client.close();
}
await server.close();
done('', { exit: false });
