// Receives one TCP stream and says who sent how much.   node 1-5-receive-tcp.js [ADDRESS [PORT]]
const { createHash } = require('node:crypto');
const net = require('node:net');

const [address = '0.0.0.0', port = '4005'] = process.argv.slice(2);

const server = net.createServer((socket) => {
  const { remoteAddress } = socket;
  const hash = createHash('sha256');
  let bytes = 0;
  socket.on('data', (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  socket.on('end', () => {
    console.log(`${bytes} bytes from ${remoteAddress}, sha256 ${hash.digest('hex').slice(0, 8)}`);
    server.close();
  });
});
server.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
server.listen(Number(port), address, () => {
  const { address, port, family } = server.address();
  console.log(`listening on ${address}:${port} (${family})`);
});
