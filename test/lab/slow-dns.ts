// Passes DNS messages on to a name server, and its answers back after a while. node slow-dns.js ADDRESS UPSTREAM MILLISECONDS
import dgram from 'node:dgram';

const [address, upstream, delayMs] = process.argv.slice(2) as [string, string, string];
const server = dgram.createSocket({ type: 'udp6', ipv6Only: true });
server.on('message', (query, client) => {
  const socket = dgram.createSocket('udp6');
  const end = setTimeout(() => socket.close(), 5000);
  socket.on('message', (answer) => {
    clearTimeout(end);
    socket.close();
    setTimeout(() => server.send(answer, client.port, client.address), Number(delayMs));
  });
  socket.send(query, 53, upstream);
});
server.bind(53, address);
