'use strict';
// node-ssdp: search at 239.255.255.250, the reply by unicast
const assert = require('node:assert/strict');
const { Client, Server } = require('node-ssdp');

(async () => {
  const { done, within } = await import('../../../build/test/packages/support/program.js');
  const server = new Server({ location: { port: 8008, path: '/description.xml' } });
  server.addUSN('urn:schemas-upnp-org:device:MediaServer:1');
  await server.start();
  const client = new Client();
  const answer = within(8000, 'a reply', new Promise((resolve) => client.on('response', (...args) => resolve(args))));
  await client.search('urn:schemas-upnp-org:device:MediaServer:1');
  const [headers, status, from] = await answer;
  assert.equal(status, 200);
  assert.match(headers.LOCATION, /^http:\/\/\d+\.\d+\.\d+\.\d+:8008\/description\.xml$/);
  assert.equal(from.family, 'IPv4');
  assert.match(from.address, /^\d+\.\d+\.\d+\.\d+$/);
  client.stop();
  server.stop();
  done(headers.LOCATION);
})();
