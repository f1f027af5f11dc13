// Sends a single UDP packet.   node 1-1-send-udp.js [ADDRESS [PORT]]
const dgram = require('node:dgram');

const [address = '203.0.113.7', port = '4002'] = process.argv.slice(2);
const socket = dgram.createSocket('udp4');

socket.send('one packet', Number(port), address, (error) => {
  socket.close();
  if (error) {
    console.error(error.message);
    process.exitCode = 1;
    return;
  }
  console.log(`sent to ${address}:${port}`);
});
