// Asks 3-1-name-server and, as every DNS client does, believes only the address that it asked.
// node 3-2-name-client.mjs [ADDRESS [PORT]]
import { createSocket } from 'node:dgram';

const [address = '203.0.113.7', port = '4053'] = process.argv.slice(2);
const socket = createSocket('udp4');

const deadline = setTimeout(() => fail('no answer in 2 seconds'), 2000);
socket.on('message', (message, peer) => {
  if (peer.address !== address || peer.port !== Number(port)) return;
  console.log(`www.example.org is ${message} says ${peer.address}`);
  clearTimeout(deadline);
  socket.close();
});
socket.send('A?www.example.org', Number(port), address, (error) => {
  if (error) fail(error.message);
});

function fail(reason) {
  console.error(reason);
  process.exitCode = 1;
  clearTimeout(deadline);
  socket.close();
}
