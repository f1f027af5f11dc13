// IPv4 servers: TCP, HTTP and UDP on ADDRESS, three ports from PORT on. Prints {listening}, then a line for each peer.
// node server.cjs ADDRESS PORT
'use strict';
const dgram = require('node:dgram');
const http = require('node:http');
const net = require('node:net');
const { print } = require('./print.cjs');

const [, , host, first] = process.argv;
const port = Number(first);
const tcp = net.createServer((socket) => {
  const { address, family } = socket.address();
  const { remoteAddress, remoteFamily } = socket;
  print({ protocol: 'tcp', remoteAddress, remoteFamily, localAddress: address, localFamily: family });
  socket.on('error', () => {});
  socket.pipe(socket);
});
const web = http.createServer((request, response) => {
  const { remoteAddress, remoteFamily } = request.socket;
  print({ protocol: 'http', remoteAddress, remoteFamily });
  response.end(JSON.stringify({ remoteAddress, remoteFamily }));
});
const udp = dgram.createSocket('udp4', (data, rinfo) => {
  print({ protocol: 'udp', remoteAddress: rinfo.address, remoteFamily: rinfo.family });
  udp.send(data, rinfo.port, rinfo.address);
});
const listening = [];
const listened = (server) => () => {
  const { address, family } = server.address();
  listening.push({ address, family });
  if (listening.length === 3) print({ listening });
};
tcp.listen(port, host, listened(tcp));
web.listen(port + 1, host, listened(web));
udp.bind(port + 2, host, listened(udp));
// The test ends this program; an orphan ends itself.
setTimeout(() => process.exit(1), 60_000);
