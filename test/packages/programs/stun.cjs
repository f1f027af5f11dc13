'use strict';
// stun: the server writes the IPv4 address that it sees into XOR-MAPPED-ADDRESS
const assert = require('node:assert/strict');
const dgram = require('node:dgram');
const { once } = require('node:events');
const { promisify } = require('node:util');
const stun = require('stun');

(async () => {
  const { done, REMOTE } = await import('../../../build/test/packages/support/program.js');
  const socket = dgram.createSocket('udp4');
  const server = stun.createServer({ type: 'udp4', socket });
  server.on('bindingRequest', (request, { address, port, family }) => {
    assert.equal(family, 'IPv4');
    const reply = stun.createMessage(stun.constants.STUN_BINDING_RESPONSE, request.transactionId);
    reply.addXorAddress(address, port);
    server.send(reply, port, address);
  });
  server.listen(3478, '0.0.0.0');
  await once(socket, 'listening');
  for (const host of ['127.0.0.1', REMOTE]) {
    const { address, family } = (await promisify(stun.request)(`${host}:3478`)).getXorAddress();
    assert.equal(family, 'IPv4');
    assert.match(address, host === '127.0.0.1' ? /^127\.0\.0\.1$/ : /^\d+\.\d+\.\d+\.\d+$/);
  }
  done();
})();
