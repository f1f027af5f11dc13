import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { errorOf, HOST4, listening, tlsIdentity } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url);

async function ask(session: http2.ClientHttp2Session) {
  const stream = session.request({ ':path': '/' });
  let body = '';
  for await (const chunk of stream.setEncoding('utf8')) body += chunk;
  return body;
}

const answer = (stream: http2.ServerHttp2Stream) => {
  stream.respond({ ':status': 200 });
  stream.end(stream.session?.socket.remoteAddress);
};

check('a plain session by literal', async () => {
  const server = http2.createServer().on('stream', answer);
  const port = await listening(server);
  const session = http2.connect(`http://${HOST4}:${port}`);
  assert.equal(await ask(session), HOST4);
  assert.equal(session.socket.remoteAddress, HOST4);
  session.close();
  server.close();
});

check('a secure session by literal verifies the certificate', async () => {
  const server = http2.createSecureServer(tlsIdentity).on('stream', answer);
  const port = await listening(server);
  const session = http2.connect(`https://${HOST4}:${port}`, { ca: tlsIdentity.cert });
  assert.equal(await ask(session), HOST4);
  session.close();
  server.close();
});

check('many streams of one session', async () => {
  const server = http2.createServer().on('stream', answer);
  const port = await listening(server);
  const session = http2.connect(`http://${HOST4}:${port}`);
  const answers = await Promise.all(Array.from({ length: 30 }, () => ask(session)));
  assert.deepEqual(new Set(answers), new Set([HOST4]));
  session.close();
  server.close();
});

check('a refused session fails with the error of IPv4', async () => {
  const session = http2.connect(`http://${HOST4}:1`);
  assert.equal((await errorOf(session)).message, `connect ECONNREFUSED ${HOST4}:1`);
});
