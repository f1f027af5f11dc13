// UDP echo client on a udp4 socket. node dgram-client.cjs HOST PORT [connected]
'use strict';
const assert = require('node:assert');
const dgram = require('node:dgram');
const { print, fail } = require('./print.cjs');

const [, , host, port, connected] = process.argv;
const socket = dgram.createSocket('udp4');
const result = {};
const send = (text) => {
  const done = (error) => error && fail(error);
  if (connected) socket.send(text, done);
  else socket.send(text, Number(port), host, done);
};
socket.on('error', fail);
socket.on('message', (data, rinfo) => {
  if (!result.rinfo) {
    const { address, family, port: from } = rinfo;
    const { server, client } = JSON.parse(data);
    Object.assign(result, { rinfo: { address, family, port: from }, seen: { server, client } });
    result.localFamily = socket.address().family;
    if (connected) result.remote = socket.remoteAddress();
    send('hello');
    return;
  }
  assert.strictEqual(data.toString(), 'hello');
  print(result);
  socket.close();
});
if (connected) socket.connect(Number(port), host, (error) => (error ? fail(error) : send('whoami')));
else send('whoami');
