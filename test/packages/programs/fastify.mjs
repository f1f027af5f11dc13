// fastify: what listen() reports, trustProxy, request.ip, all of it in IPv4
import assert from 'node:assert/strict';
import Fastify from 'fastify';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const app = Fastify({ trustProxy: '127.0.0.1' });
app.get('/', (request) => ({ ip: request.ip, ips: request.ips, host: request.hostname, port: request.port }));
const url = await app.listen({ port: 3000, host: '0.0.0.0' });
assert.match(url, /^http:\/\/\d+\.\d+\.\d+\.\d+:3000$/);
assert.equal((await fetch(url)).status, 200);
assert.deepEqual(
  app.addresses().map(({ address, family, port }) => ({ address, family, port })),
  [{ address: '0.0.0.0', family: 'IPv4', port: 3000 }],
);
const direct = await (await fetch(`http://${REMOTE}:3000/`)).json();
assert.equal(direct.host, REMOTE);
assert.match(direct.ip, /^\d+\.\d+\.\d+\.\d+$/);
const behind = await (
  await fetch('http://127.0.0.1:3000/', { headers: { 'x-forwarded-for': '198.51.100.20' } })
).json();
assert.deepEqual(behind.ips, ['127.0.0.1', '198.51.100.20']);
await app.close();

const local = Fastify();
local.get('/', () => 'local');
await local.listen({ port: 3001, host: '127.0.0.1' });
assert.equal(await (await fetch('http://127.0.0.1:3001/')).text(), 'local');
await local.close();
done('', { exit: false });
