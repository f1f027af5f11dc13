// Discovery as games and smart homes do it: a broadcast question, a unicast answer; a multicast group with its own TTL and loop
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { done, within } from '../../../build/test/packages/support/program.js';

const bound = async (port, host) => {
  const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(port, host);
  await once(socket, 'listening');
  return socket;
};
const device = await bound(56_700);
device.on('message', (message, { address, port, family }) => {
  if (String(message) === 'who is there') device.send(`a lamp, you are ${family}`, port, address);
});
const seeker = await bound(0);
seeker.setBroadcast(true);
const answer = within(4000, 'an answer', once(seeker, 'message'));
seeker.send('who is there', 56_700, '255.255.255.255');
const [text, from] = await answer;
assert.equal(String(text), 'a lamp, you are IPv4');
assert.equal(from.port, 56_700);
assert.match(from.address, /^\d+\.\d+\.\d+\.\d+$/);

const members = [await bound(4446), await bound(4446)];
for (const member of members) {
  member.addMembership('239.10.10.10');
  member.setMulticastLoopback(true);
  member.setMulticastTTL(1);
}
const heard = members.map((member) => within(4000, 'the group', once(member, 'message')));
members[0].send('hello all', 4446, '239.10.10.10');
for (const [message, sender] of await Promise.all(heard)) {
  assert.equal(String(message), 'hello all');
  assert.equal(sender.family, 'IPv4');
}
members[1].dropMembership('239.10.10.10');
assert.throws(() => members[0].addMembership('192.0.2.1'), { code: 'EINVAL' });
done();
