// amqplib: the handshake with a small broker at an IPv4 literal, its close frame, and the error of a closed port
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import amqp from 'amqplib';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const frame = (klass, method, payload = Buffer.alloc(0)) => {
  const head = Buffer.alloc(11);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(4 + payload.length, 3);
  head.writeUInt16BE(klass, 7);
  head.writeUInt16BE(method, 9);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
};
const long = (s) => Buffer.concat([Buffer.from([0, 0, 0, s.length]), Buffer.from(s)]);
const CONNECTION = 10;
const START = frame(CONNECTION, 10, Buffer.concat([Buffer.from([0, 9]), long(''), long('PLAIN'), long('en_US')]));
const TUNE = frame(CONNECTION, 30, Buffer.from([0, 1, 0, 0, 16, 0, 0, 0]));
let peer;
const broker = net.createServer((socket) => {
  peer = socket.remoteAddress;
  socket.on('error', () => {});
  socket.on('data', (data) => {
    if (data.subarray(0, 4).equals(Buffer.from('AMQP'))) return socket.write(START);
    for (let at = 0; at + 11 <= data.length; at += 8 + data.readUInt32BE(at + 3)) {
      const method = data.readUInt16BE(at + 9);
      if (data[at] !== 1 || data.readUInt16BE(at + 7) !== CONNECTION) continue;
      if (method === 11) socket.write(TUNE);
      if (method === 40) socket.write(frame(CONNECTION, 41, Buffer.from([0])));
      if (method === 50) socket.end(frame(CONNECTION, 51));
    }
    return undefined;
  });
});
broker.listen(5672, '0.0.0.0');
await once(broker, 'listening');
const local = await amqp.connect('amqp://guest:guest@127.0.0.1:5672');
assert.equal(peer, '127.0.0.1');
await local.close();
const remote = await amqp.connect({ hostname: REMOTE, port: 5672 });
assert.ok(net.isIPv4(peer), peer);
await remote.close();
await assert.rejects(amqp.connect('amqp://127.0.0.1:5673'), { message: /connect ECONNREFUSED 127\.0\.0\.1:5673/ });
done();
