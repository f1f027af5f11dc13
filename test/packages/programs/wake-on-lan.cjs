'use strict';
// wake_on_lan: the magic packet to 255.255.255.255
const assert = require('node:assert/strict');
const dgram = require('node:dgram');
const { once } = require('node:events');
const { promisify } = require('node:util');
const wol = require('wake_on_lan');

(async () => {
  const { done, within } = await import('../../../build/test/packages/support/program.js');
  const card = dgram.createSocket({ type: 'udp4', reuseAddr: true }).bind(9, '0.0.0.0');
  await once(card, 'listening');
  const heard = within(5000, 'the packet', once(card, 'message'));
  // A host does not hear its own broadcast everywhere: to its own group of all is enough where it does not.
  await promisify(wol.wake)('20:DE:20:DE:20:DE', { num_packets: 2 });
  await promisify(wol.wake)('20:DE:20:DE:20:DE', { num_packets: 1, address: '127.0.0.1' });
  const [message] = await heard;
  assert.ok(message.equals(wol.createMagicPacket('20:DE:20:DE:20:DE')));
  card.close();
  done('', { exit: false });
})();
