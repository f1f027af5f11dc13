import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { bound, ownAddress, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// udp4 and udp6 on one port: groups, as mDNS and SSDP have them, and connect.
const check = suite(import.meta.url);

const kind = process.env.V6ONLY_CHECK_HOST;

/** Resolves when `socket` has heard its own marker: what was sent before has arrived. */
async function settled(sender: dgram.Socket, send: (text: string) => void) {
  send('marker');
  await once(sender, 'message');
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}

for (const reuseAddr of [true, false]) {
  check(`udp4 and udp6 in one group${reuseAddr ? ', with reuseAddr' : ''}: each hears each datagram once`, async () => {
    const four = dgram.createSocket({ type: 'udp4', reuseAddr });
    const six = dgram.createSocket({ type: 'udp6', reuseAddr, ipv6Only: true });
    const heard: { four: string[]; six: string[] } = { four: [], six: [] };
    four.on('message', (message) => heard.four.push(String(message)));
    six.on('message', (message) => heard.six.push(String(message)));
    const port = await bound(four, 0);
    await bound(six, port);
    four.addMembership('224.0.0.251', ownAddress());
    six.addMembership('ff02::fb', '::%eth0');
    four.setMulticastInterface(ownAddress());
    six.setMulticastInterface('::%eth0');
    const send = (socket: dgram.Socket, text: string, group: string) => sent(socket, text, port, group);
    await send(four, 'from udp4', '224.0.0.251');
    await send(six, 'from udp6', 'ff02::fb%eth0');
    const other = dgram.createSocket('udp4');
    await bound(other, 0);
    other.setMulticastInterface(ownAddress());
    await send(other, 'from elsewhere', '224.0.0.251');
    // One after the other: the two have different queues.
    await settled(four, (text) => four.send(text, port, '224.0.0.251'));
    await settled(six, (text) => six.send(text, port, 'ff02::fb%eth0'));
    const all = ['from elsewhere', 'from udp4', 'from udp6'];
    const without = (list: string[]) => list.filter((text) => text !== 'marker');
    // Natively they are two groups; here they are one.
    assert.deepEqual(without(heard.four).sort(), kind === 'dual' ? ['from elsewhere', 'from udp4'] : all);
    assert.deepEqual(without(heard.six).sort(), kind === 'dual' ? ['from udp6'] : all);
    for (const socket of [four, six, other]) socket.close();
  });
}

check('a socket that shares its port connects, and the other goes on', async () => {
  const four = dgram.createSocket('udp4');
  const six = dgram.createSocket({ type: 'udp6', ipv6Only: true });
  const port = await bound(four, 0);
  await bound(six, port);
  const peer4 = dgram.createSocket('udp4');
  const peer6 = dgram.createSocket('udp6');
  await bound(peer4, 0, '127.0.0.1');
  await bound(peer6, 0, '::1');
  const connected = once(four, 'connect');
  four.connect(peer4.address().port, '127.0.0.1');
  await connected;
  assert.equal(four.remoteAddress().address, '127.0.0.1');
  four.send('hello');
  const [hello, from4] = await once(peer4, 'message');
  assert.equal(String(hello), 'hello');
  assert.equal(from4.port, port);
  peer4.send('back', port, '127.0.0.1');
  assert.equal(String((await once(four, 'message'))[0]), 'back');
  // The other one is not connected: it hears and answers anybody.
  peer6.send('six', port, '::1');
  const [text, from6] = await once(six, 'message');
  assert.equal(String(text), 'six');
  six.send('answer', from6.port, from6.address);
  assert.equal(String((await once(peer6, 'message'))[0]), 'answer');
  four.disconnect();
  for (const socket of [four, six, peer4, peer6]) socket.close();
});
