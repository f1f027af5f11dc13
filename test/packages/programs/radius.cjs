'use strict';
// radius: a codec over the program's own udp4 sockets; NAS-IP-Address is an IPv4 address in the payload
const assert = require('node:assert/strict');
const dgram = require('node:dgram');
const { once } = require('node:events');
const radius = require('radius');

(async () => {
  const { done } = await import('../../../build/test/packages/support/program.js');
  const secret = 'shared';
  const server = dgram.createSocket('udp4');
  server.on('message', (message, { address, port }) => {
    const packet = radius.decode({ packet: message, secret });
    // A RADIUS server knows its clients by address.
    const known = address === '127.0.0.1' && packet.attributes['NAS-IP-Address'] === '127.0.0.1';
    const reply = radius.encode_response({ packet, code: known ? 'Access-Accept' : 'Access-Reject', secret });
    server.send(reply, 0, reply.length, port, address);
  });
  server.bind(1812, '0.0.0.0');
  await once(server, 'listening');
  const client = dgram.createSocket('udp4');
  client.bind(0);
  await once(client, 'listening');
  const attributes = [
    ['NAS-IP-Address', '127.0.0.1'],
    ['User-Name', 'u'],
    ['User-Password', 'p'],
  ];
  const request = radius.encode({ code: 'Access-Request', secret, identifier: 1, attributes });
  client.send(request, 0, request.length, 1812, '127.0.0.1');
  const [message] = await once(client, 'message');
  assert.equal(radius.decode({ packet: message, secret }).code, 'Access-Accept');
  client.close();
  server.close();
  done('', { exit: false });
})();
