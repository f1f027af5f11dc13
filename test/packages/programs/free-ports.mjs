// get-port, detect-port, portfinder: which port is free, when some are taken at 127.0.0.1 and at 0.0.0.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { detect } from 'detect-port';
import getPort, { portNumbers } from 'get-port';
import portfinder from 'portfinder';
import { done } from '../../../build/test/packages/support/program.js';

const take = async (port, host) => {
  const server = net.createServer().listen(port, host);
  await once(server, 'listening');
  return server;
};
await take(4000, '127.0.0.1');
await take(4001, '0.0.0.0');
assert.equal(await getPort({ port: portNumbers(4000, 4005), host: '127.0.0.1' }), 4002);
assert.ok((await getPort()) > 1023);
assert.equal(await detect({ port: 4001, hostname: '127.0.0.1' }), 4002);
assert.equal(await detect(4010), 4010);
const found = await portfinder.getPortPromise({ port: 4000, host: '127.0.0.1' });
assert.equal(found, 4002);
const busy = net.createServer().listen(4000, '127.0.0.1');
const [error] = await once(busy, 'error');
assert.equal(error.message, 'listen EADDRINUSE: address already in use 127.0.0.1:4000');
done();
