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
let again;
socket.on('error', end);
socket.connect(Number(port), host, (error) => {
  if (error) return end(error);
  // A connected socket hears of the ICMP error by its next call.
  again = setInterval(() => socket.send('x', (failure) => failure && end(failure)), 200);
});
setTimeout(end, 4000);
