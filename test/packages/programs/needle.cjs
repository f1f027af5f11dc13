'use strict';
// needle: localAddress, a proxy at an IPv4 literal, a multipart upload
const assert = require('node:assert/strict');
const http = require('node:http');
const needle = require('needle');

(async () => {
  const { done, REMOTE } = await import('../../../build/test/packages/support/program.js');
  const server = http.createServer(async (request, response) => {
    const size = (await request.toArray()).reduce((sum, chunk) => sum + chunk.length, 0);
    response.end(`${request.url} ${request.socket.remoteAddress} ${size}`);
  });
  await new Promise((resolve) => server.listen(8080, '0.0.0.0', resolve));
  const from = await needle('get', `http://${REMOTE}:8080/a`, { localAddress: REMOTE });
  assert.equal(String(from.body), `/a ${REMOTE} 0`);
  const proxied = await needle('get', 'http://198.51.100.4/b', { proxy: 'http://127.0.0.1:8080' });
  assert.equal(String(proxied.body), 'http://198.51.100.4/b 127.0.0.1 0');
  const posted = await needle(
    'post',
    'http://127.0.0.1:8080/c',
    { file: { buffer: Buffer.alloc(1000), filename: 'f', content_type: 'x/y' } },
    { multipart: true },
  );
  assert.match(String(posted.body), /^\/c 127\.0\.0\.1 1\d{3}$/);
  server.close();
  done('', { exit: false });
})();
