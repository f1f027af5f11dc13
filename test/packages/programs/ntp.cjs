'use strict';
// ntp-time: client and server over udp4
const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Client, Server } = require('ntp-time');

(async () => {
  const { done, REMOTE } = await import('../../../build/test/packages/support/program.js');
  const server = new Server();
  server.handle((message, respond) => {
    message.transmitTimestamp = Math.floor(Date.now() / 1000);
    respond(message);
  });
  server.listen(123, '0.0.0.0');
  await once(server.socket, 'listening');
  assert.equal(server.address().address, '0.0.0.0');
  for (const host of ['127.0.0.1', REMOTE]) {
    const { time } = await new Client(host, 123, { timeout: 4000 }).syncTime();
    assert.ok(Math.abs(time - Date.now()) < 5000);
  }
  done();
})();
