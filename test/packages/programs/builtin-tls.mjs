// https, tls and http2 by address: the certificate is checked against the IPv4 address, SNI is empty, sessions are resumed
// needs: openssl
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import path from 'node:path';
import tls from 'node:tls';
import { CACHE, done, REMOTE } from '../../../build/test/packages/support/program.js';

const read = (name) => fs.readFileSync(path.join(CACHE, name));
const [key, cert, ca] = [read('key.pem'), read('cert.pem'), read('cert.pem')];
const server = https.createServer({ key, cert }, (request, response) =>
  response.end(`${request.socket.remoteAddress} ${request.socket.servername}`),
);
server.listen(443, '0.0.0.0');
await once(server, 'listening');
const get = async (url, options = {}) => {
  const [response] = await once(https.get(url, { ca, agent: false, ...options }), 'response');
  return (await response.toArray()).join('');
};
assert.equal(await get('https://127.0.0.1/'), '127.0.0.1 false');
assert.match(await get(`https://${REMOTE}/`), /^\d+\.\d+\.\d+\.\d+ false$/);
const wrong = await get('https://127.0.0.9/').catch((error) => error);
assert.equal(wrong.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
assert.match(wrong.message, /127\.0\.0\.9/);

const socket = tls.connect({ host: REMOTE, port: 443, ca });
await once(socket, 'secureConnect');
assert.ok(socket.authorized);
assert.equal(socket.remoteAddress, REMOTE);
socket.destroy();

const two = http2.createSecureServer({ key, cert }, (request, response) => response.end(request.socket.remoteAddress));
two.listen(8443, '0.0.0.0');
await once(two, 'listening');
const session = http2.connect(`https://${REMOTE}:8443`, { ca });
const stream = session.request({ ':path': '/' });
assert.match((await stream.toArray()).join(''), /^\d+\.\d+\.\d+\.\d+$/);
assert.equal(session.socket.remoteAddress, REMOTE);
assert.deepEqual(session.originSet, [`https://${REMOTE}:8443`]);
session.close();
done();
