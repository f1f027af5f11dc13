// What a udp4 program learns of a failure. node udp-error.cjs HOST PORT
'use strict';
const dgram = require('node:dgram');
const { print, describe } = require('./print.cjs');

const [, , host, port] = process.argv;
const socket = dgram.createSocket('udp4');
const end = (error) => {
  clearInterval(again);
  print({ error: error && describe(error) });
  process.exit(0);
};
// A connected socket hears of the ICMP error by its next call.
const again = setInterval(() => socket.send('x', (error) => error && end(error)), 200);
socket.on('error', end);
socket.connect(Number(port), host, (error) => error && end(error));
setTimeout(end, 4000);
