// dns2 and dns-packet: a name server over udp4 and TCP at 127.0.0.1, asked by dns.Resolver, by dns2's clients and by hand
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import packet from 'dns-packet';
import dns2 from 'dns2';
import { done } from '../../../build/test/packages/support/program.js';

const peers = [];
const server = dns2.createServer({
  udp: true,
  tcp: true,
  handle: (request, send, from) => {
    peers.push(from.remoteAddress ?? from.address);
    const response = dns2.Packet.createResponseFromRequest(request);
    const [{ name, type }] = request.questions;
    const entry = { name, type, class: dns2.Packet.CLASS.IN, ttl: 60 };
    if (type === dns2.Packet.TYPE.A) response.answers.push({ ...entry, address: '203.0.113.80' });
    if (type === dns2.Packet.TYPE.MX) response.answers.push({ ...entry, exchange: 'mail.example.org', priority: 5 });
    send(response);
  },
});
await server.listen({
  udp: { port: 5300, address: '127.0.0.1', type: 'udp4' },
  tcp: { port: 5300, address: '127.0.0.1' },
});
assert.equal(server.addresses().udp.address, '127.0.0.1');

const resolver = new dns.promises.Resolver();
resolver.setServers(['127.0.0.1:5300']);
assert.deepEqual(resolver.getServers(), ['127.0.0.1:5300']);
assert.deepEqual(await resolver.resolve4('www.example.org'), ['203.0.113.80']);
const [{ exchange, priority }] = await resolver.resolveMx('example.org');
assert.deepEqual([exchange, priority], ['mail.example.org', 5]);
const options = { dns: '127.0.0.1', port: 5300 };
for (const ask of [dns2.UDPClient(options), dns2.TCPClient(options)]) {
  const { answers } = await ask('www.example.org', 'A');
  assert.equal(answers[0].address, '203.0.113.80');
}
const socket = dgram.createSocket('udp4');
socket.send(
  packet.encode({ type: 'query', id: 9, questions: [{ name: 'x.example.org', type: 'A' }] }),
  5300,
  '127.0.0.1',
);
const [bytes, from] = await once(socket, 'message');
assert.equal(packet.decode(bytes).answers[0].data, '203.0.113.80');
assert.deepEqual([from.address, from.port], ['127.0.0.1', 5300]);
assert.deepEqual([...new Set(peers)], ['127.0.0.1']);
done();
