// An HTTP server on 0.0.0.0 that tells its caller who it is.   node 2-1-http-server.mjs [ADDRESS [PORT]]
import { createServer } from 'node:http';

const [address = '0.0.0.0', port = '4080'] = process.argv.slice(2);

const server = createServer((request, response) => {
  const { remoteAddress, localAddress } = request.socket;
  console.log(`${request.method} ${request.url} from ${remoteAddress}`);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ you: remoteAddress, me: localAddress }));
});
server.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
server.listen(Number(port), address, () => {
  const { address, port, family } = server.address();
  console.log(`listening on ${address}:${port} (${family})`);
});
