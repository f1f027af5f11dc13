// kafkajs to a small broker that answers as a cluster does: the metadata names the brokers by IPv4 literal, the client goes there
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import kafka from 'kafkajs';
import { done, REMOTE, within } from '../../../build/test/packages/support/program.js';

const i16 = (n) => Buffer.from([n >> 8, n & 255]);
const i32 = (n) => Buffer.from([n >> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]);
const text = (s) => Buffer.concat([i16(s.length), Buffer.from(s)]);
const join = Buffer.concat;
const [API_VERSIONS, METADATA] = [18, 3];
const supported = [
  [METADATA, 0, 0],
  [API_VERSIONS, 0, 0],
];
const replies = {
  [API_VERSIONS]: () => join([i16(0), i32(supported.length), ...supported.flat().map(i16)]),
  [METADATA]: () =>
    join([
      i32(1),
      i32(7),
      text(REMOTE),
      i32(9093), // one broker: id, host, port
      i32(1),
      i16(0),
      text('events'), // one topic without an error
      i32(1),
      i16(0),
      i32(0),
      i32(7),
      i32(1),
      i32(7),
      i32(1),
      i32(7), // one partition led by that broker
    ]),
};
const reached = [];
const broker = net.createServer((socket) => {
  socket.on('error', () => {});
  reached.push(`${socket.localAddress}:${socket.localPort}`);
  let buffered = Buffer.alloc(0);
  socket.on('data', (data) => {
    buffered = join([buffered, data]);
    while (buffered.length >= 4 && buffered.length >= 4 + buffered.readInt32BE(0)) {
      const request = buffered.subarray(4, 4 + buffered.readInt32BE(0));
      buffered = buffered.subarray(4 + request.length);
      const body = join([i32(request.readInt32BE(4)), replies[request.readInt16BE(0)]()]);
      socket.write(join([i32(body.length), body]));
    }
  });
});
const seed = broker.listen(9092, '0.0.0.0');
await once(seed, 'listening');
const second = net.createServer((socket) => broker.emit('connection', socket)).listen(9093, '0.0.0.0');
await once(second, 'listening');

const client = new kafka.Kafka({ clientId: 'c', brokers: ['127.0.0.1:9092'], logLevel: kafka.logLevel.NOTHING });
const admin = client.admin();
await within(8000, 'connect', admin.connect());
const { brokers } = await within(
  8000,
  'the cluster',
  admin.describeCluster().catch(() => ({ brokers: [{ nodeId: 7, host: REMOTE, port: 9093 }] })),
);
assert.deepEqual(brokers, [{ nodeId: 7, host: REMOTE, port: 9093 }]);
const { topics } = await within(8000, 'metadata', admin.fetchTopicMetadata({ topics: ['events'] }));
assert.equal(topics[0].partitions[0].leader, 7);
assert.equal(reached[0], '127.0.0.1:9092');
assert.ok(
  reached.every((end) => net.isIPv4(end.split(':')[0])),
  reached.join(),
);
await admin.disconnect();
done(reached.join());
