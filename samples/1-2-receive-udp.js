// Receives a single UDP packet and says who sent it.   node 1-2-receive-udp.js [ADDRESS [PORT]]
const dgram = require('node:dgram');

const [address = '0.0.0.0', port = '4002'] = process.argv.slice(2);
const socket = dgram.createSocket('udp4');

socket.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
  socket.close();
});
socket.on('listening', () => {
  const { address, port, family } = socket.address();
  console.log(`listening on ${address}:${port} (${family})`);
});
socket.on('message', (message, peer) => {
  console.log(`"${message}" from ${peer.address} (${peer.family})`);
  socket.close();
});
socket.bind(Number(port), address);
