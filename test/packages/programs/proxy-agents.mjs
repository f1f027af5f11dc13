// http-proxy-agent, https-proxy-agent and socks-proxy-agent, the proxy and the target by IPv4 literal
// needs: openssl
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { CACHE, done, REMOTE } from '../../../build/test/packages/support/program.js';

const read = (name) => fs.readFileSync(path.join(CACHE, name));
const plain = http.createServer((request, response) => response.end(`plain ${request.socket.remoteAddress}`));
const secure = https.createServer({ key: read('key.pem'), cert: read('cert.pem') }, (_request, response) =>
  response.end('secure'),
);
const asked = [];
const proxy = http.createServer((request, response) => {
  asked.push(request.url);
  http.get(request.url, (answer) => answer.pipe(response));
});
proxy.on('connect', (request, socket) => {
  asked.push(request.url);
  const [host, port] = request.url.split(':');
  const upstream = net.connect(Number(port), host, () => {
    socket.write('HTTP/1.1 200 Connected\r\n\r\n');
    upstream.pipe(socket).pipe(upstream);
  });
  for (const end of [socket, upstream]) end.on('error', () => upstream.destroy());
});
plain.listen(80, '0.0.0.0');
secure.listen(443, '0.0.0.0');
proxy.listen(3128, '127.0.0.1');
await Promise.all([plain, secure, proxy].map((server) => once(server, 'listening')));

async function get(url, options) {
  const [response] = await once((url.startsWith('https') ? https : http).get(url, options), 'response');
  return (await response.toArray()).join('');
}
assert.match(
  await get(`http://${REMOTE}/`, { agent: new HttpProxyAgent('http://127.0.0.1:3128') }),
  /^plain \d+\.\d+\.\d+\.\d+$/,
);
const tunnel = new HttpsProxyAgent('http://127.0.0.1:3128', { ca: read('cert.pem') });
assert.equal(await get(`https://${REMOTE}/`, { agent: tunnel, ca: read('cert.pem') }), 'secure');
assert.deepEqual(asked, [`http://${REMOTE}/`, `${REMOTE}:443`]);
done();
