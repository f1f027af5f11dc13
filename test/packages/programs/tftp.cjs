'use strict';
// tftp: each transfer moves to a port of its own, the client checks whom it hears from
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');
const tftp = require('tftp');

(async () => {
  const { done, REMOTE, sleep, temporary, within } = await import('../../../build/test/packages/support/program.js');
  const [root, local] = [temporary(), temporary()];
  fs.writeFileSync(path.join(root, 'firmware'), Buffer.alloc(100_000, 3));
  const server = tftp.createServer({ host: '0.0.0.0', port: 6969, root });
  server.on('error', (error) => {
    throw error;
  });
  let peer;
  server.on('request', (request) => {
    peer = request.stats.remoteAddress;
    request.on('error', () => {});
  });
  server.listen();
  await new Promise((resolve) => server.once('listening', resolve));
  for (const host of ['127.0.0.1', REMOTE]) {
    const client = tftp.createClient({ host, port: 6969 });
    const copy = path.join(local, host);
    await promisify(client.get).call(client, 'firmware', copy);
    assert.equal(fs.statSync(copy).size, 100_000);
    assert.match(peer, /^\d+\.\d+\.\d+\.\d+$/);
  }
  const client = tftp.createClient({ host: '127.0.0.1', port: 6969 });
  await promisify(client.put).call(client, path.join(local, REMOTE), 'uploaded');
  // The client is done when the last block is acknowledged, the server when it is on disk.
  const written = async () => {
    while (fs.statSync(path.join(root, 'uploaded')).size < 100_000) await sleep(10);
  };
  await within(5000, 'the upload', written());
  done();
})();
