// mqtt and aedes: broker at 0.0.0.0, clients by literal, retained message, last will, the broker's view of addresses
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const broker = await Aedes.createBroker();
const peers = [];
broker.preConnect = (client, _packet, accept) => {
  peers.push(client.conn.remoteAddress);
  accept(null, client.conn.remoteAddress !== '192.0.2.66');
};
const server = net.createServer(broker.handle);
server.listen(1883, '0.0.0.0');
await once(server, 'listening');
const watcher = await mqtt.connectAsync('mqtt://127.0.0.1:1883');
await watcher.subscribeAsync('#');
const heard = once(watcher, 'message');
const sensor = await mqtt.connectAsync({
  host: REMOTE,
  port: 1883,
  protocol: 'mqtt',
  will: { topic: 'gone', payload: 'x' },
});
await sensor.publishAsync('temperature', '21', { qos: 1, retain: true });
const [topic, payload] = await heard;
assert.deepEqual([topic, String(payload)], ['temperature', '21']);
const will = once(watcher, 'message');
sensor.stream.destroy();
assert.equal((await will)[0], 'gone');
assert.equal(peers[0], '127.0.0.1');
assert.ok(net.isIPv4(peers[1]), peers[1]);
done();
