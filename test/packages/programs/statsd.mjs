// hot-shots and a statsd at udp4: by literal, by localhost, and one buffered burst
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { StatsD } from 'hot-shots';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const server = dgram.createSocket('udp4');
server.bind(8125, '0.0.0.0');
await once(server, 'listening');
for (const host of ['127.0.0.1', 'localhost', REMOTE]) {
  const client = new StatsD({ host, port: 8125, prefix: 'app.', globalTags: { host } });
  const heard = once(server, 'message');
  client.increment('hits');
  const [message, from] = await heard;
  assert.match(String(message), /^app\.hits:1\|c\|#host:/);
  assert.equal(from.family, 'IPv4');
  await new Promise((resolve) => client.close(resolve));
}
const buffered = new StatsD({ host: '127.0.0.1', maxBufferSize: 1000, bufferFlushInterval: 50, cacheDns: true });
for (let i = 0; i < 10; i += 1) buffered.timing('t', i);
const [message] = await once(server, 'message');
assert.equal(String(message).trim().split('\n').length, 10);
buffered.close();
server.close();
done('', { exit: false });
