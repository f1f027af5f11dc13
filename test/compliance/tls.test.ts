import assert from 'node:assert/strict';
import { once } from 'node:events';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { type Kind, MORE_KINDS } from '../support/host.js';
import { errorOf, HOST4, listening, tlsIdentity } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url, { on: MORE_KINDS });
const ca = tlsIdentity.cert;
// Beyond the NAT64 this is the host too, but the certificate does not name it. On dual it would lead nowhere.
const OTHER4 = '203.0.113.8';
const WITHOUT_IPV4: Kind[] = ['noinet', 'v6', 'lo4'];

async function tlsServer() {
  const server = tls.createServer(tlsIdentity, (socket) => {
    socket.on('error', () => {});
    socket.end(`${socket.remoteAddress} ${socket.remoteFamily}`);
  });
  server.on('tlsClientError', () => {});
  return { server, port: await listening(server) };
}

check('a certificate for the IPv4 address verifies (tls)', async () => {
  const { server, port } = await tlsServer();
  const socket = tls.connect({ port, host: HOST4, ca });
  await once(socket, 'secureConnect');
  assert.equal(socket.authorized, true);
  assert.equal(socket.remoteAddress, HOST4);
  assert.equal(String(await once(socket, 'data')), `${HOST4} IPv4`);
  server.close();
});

check('a certificate for another address is refused, in IPv4 terms', { on: WITHOUT_IPV4 }, async () => {
  const { server, port } = await tlsServer();
  const error = await errorOf(tls.connect({ port, host: OTHER4, ca }));
  assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
  assert.equal(error.host, OTHER4);
  assert.match(String(error.reason), new RegExp(`^IP: ${OTHER4} is not in the cert's list: `));
  server.close();
});

check('a server name goes with an address', async () => {
  const { server, port } = await tlsServer();
  const socket = tls.connect({ port, host: HOST4, ca, servername: 'secure.example.org' });
  await once(socket, 'secureConnect');
  assert.equal(socket.authorized, true);
  socket.destroy();
  server.close();
});

check('TLS over a socket that the program connected itself', async () => {
  const { server, port } = await tlsServer();
  const socket = tls.connect({ socket: net.connect(port, HOST4), host: HOST4, ca });
  await once(socket, 'secureConnect');
  assert.equal(socket.remoteAddress, HOST4);
  socket.destroy();
  server.close();
});

check('a certificate for the IPv4 address verifies (https), and the server sees IPv4', async () => {
  const server = https.createServer(tlsIdentity, (request, response) => response.end(request.socket.remoteAddress));
  const port = await listening(server);
  for (const host of [HOST4, '127.0.0.1']) {
    const [response] = await once(https.get({ host, port, ca, agent: false }), 'response');
    assert.equal(response.socket.authorized, true);
    let body = '';
    for await (const chunk of response) body += chunk;
    assert.equal(body, host);
  }
  server.close();
});

check('a closed port fails with the error of IPv4 (tls)', async () => {
  const error = await errorOf(tls.connect({ port: 1, host: HOST4, ca }));
  assert.equal(error.message, `connect ECONNREFUSED ${HOST4}:1`);
});
