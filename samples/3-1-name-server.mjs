// Answers questions of the form "A?name" over UDP, as a name server would: from the very address that was asked.
// node 3-1-name-server.mjs [ADDRESS [PORT]]
import { createSocket } from 'node:dgram';

const [address = '0.0.0.0', port = '4053'] = process.argv.slice(2);
const records = new Map([['www.example.org', '192.0.2.80']]);
const socket = createSocket('udp4');

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
  const [, name = ''] = /^A\?(.+)$/.exec(message.toString()) ?? [];
  console.log(`asked for ${name} by ${peer.address}`);
  socket.send(records.get(name) ?? 'NXDOMAIN', peer.port, peer.address);
});
socket.bind(Number(port), address);
