// Sends octets to an echo server and counts those that come back. node upload.cjs HOST PORT OCTETS
'use strict';
const net = require('node:net');
const { print, fail } = require('./print.cjs');

const [, , host, port, octets] = process.argv;
const sent = Number(octets);
let received = 0;
const socket = net.connect(Number(port), host, () => socket.write(Buffer.alloc(sent)));
socket.setTimeout(4000, () => socket.destroy(new Error(`silence after ${received} octets`)));
socket.on('error', fail);
socket.on('data', (data) => {
  received += data.length;
  if (received < sent) return;
  socket.destroy();
  print({ sent, received });
});
