// TLS client that checks the certificate in the ordinary way. node tls-client.cjs HOST PORT CA-FILE
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const tls = require('node:tls');
const { print, fail, ends } = require('./print.cjs');

const [, , host, port, caFile] = process.argv;
const options = { host, port: Number(port), ca: fs.readFileSync(caFile) };
if (!net.isIP(host)) options.servername = host;
const socket = tls.connect(options, () => {
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
});
let text = '';
const seenEnds = {};
socket.on('secureConnect', () => Object.assign(seenEnds, ends(socket), { authorized: socket.authorized }));
socket.setEncoding('utf8');
socket.on('data', (chunk) => {
  text += chunk;
});
socket.on('error', fail);
socket.on('end', () => {
  const { server, client } = JSON.parse(text.slice(text.indexOf('{')));
  print({ ...seenEnds, seen: { server, client } });
});
