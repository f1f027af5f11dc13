// TCP and UDP echo. Usage: node echo.js PORT ADDRESS…
import dgram from 'node:dgram';
import net from 'node:net';

const [port, ...addresses] = process.argv.slice(2);

for (const address of addresses) {
  // `whoami` is answered with the peer's address as seen here; all else comes back as it is.
  const tcp = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      socket.write(isWhoami(data) ? seen(address, socket.remoteAddress) : data);
    });
  });
  tcp.listen({ port: Number(port), host: address, backlog: 1024 });

  // One socket per address: the answer has to leave from the address that was asked.
  const udp = dgram.createSocket(net.isIPv6(address) ? 'udp6' : 'udp4');
  udp.on('message', (data, peer) => {
    udp.send(isWhoami(data) ? seen(address, peer.address) : data, peer.port, peer.address);
  });
  udp.bind(Number(port), address);
}

function isWhoami(data: Buffer): boolean {
  return data.length === 6 && data.toString('latin1') === 'whoami';
}

function seen(server: string, client: string | undefined): string {
  return JSON.stringify({ server, client });
}
