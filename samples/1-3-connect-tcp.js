// Initiates a TCP connection and closes it.   node 1-3-connect-tcp.js [ADDRESS [PORT]]
const net = require('node:net');

const [address = '203.0.113.7', port = '4005'] = process.argv.slice(2);
const socket = net.connect(Number(port), address);

socket.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
socket.on('connect', () => {
  console.log(`connected to ${socket.remoteAddress}:${socket.remotePort} (${socket.remoteFamily})`);
  socket.end();
});
socket.resume();
