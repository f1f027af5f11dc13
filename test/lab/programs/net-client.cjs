// TCP echo client. node net-client.cjs HOST PORT [OPTIONS-OF-CONNECT-AS-JSON]
'use strict';
const assert = require('node:assert');
const net = require('node:net');
const { print, fail, ends } = require('./print.cjs');

const [, , host, port, options = '{}'] = process.argv;
const sent = Buffer.alloc(100_000, 'v6only ');
const socket = net.connect({ host, port: Number(port), ...JSON.parse(options) });
socket.on('error', fail);
socket.once('connect', () => socket.write('whoami'));
socket.once('data', (whoami) => {
  const seen = JSON.parse(whoami);
  const chunks = [];
  let length = 0;
  socket.write(sent);
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length < sent.length) return;
    assert.ok(sent.equals(Buffer.concat(chunks)), 'the echo is what was sent');
    assert.strictEqual(socket.localPort > 0, true);
    print({ ...ends(socket), seen: { server: seen.server, client: seen.client } });
    socket.end();
  });
});
