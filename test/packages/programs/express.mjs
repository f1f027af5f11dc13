// express behind a local reverse proxy: trust proxy by IPv4 range, a limit per address, an allow-list by address
import assert from 'node:assert/strict';
import { once } from 'node:events';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import requestIp from 'request-ip';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const app = express();
app.set('trust proxy', ['127.0.0.1', '203.0.113.0/24']);
app.use('/limited', rateLimit({ windowMs: 60_000, limit: 2, standardHeaders: 'draft-8', legacyHeaders: false }));
app.get('/limited', (_request, response) => response.send('fine'));
app.use('/admin', (request, response, next) => (request.ip === '127.0.0.1' ? next() : response.sendStatus(403)));
app.get('/admin', (_request, response) => response.send('welcome'));
app.get('/who', (request, response) => {
  const { ip, ips, hostname, socket } = request;
  response.json({
    ip,
    ips,
    hostname,
    peer: socket.remoteAddress,
    family: socket.remoteFamily,
    client: requestIp.getClientIp(request),
  });
});
const server = app.listen(8080, '0.0.0.0');
await once(server, 'listening');
assert.equal(server.address().family, 'IPv4');

const who = async (host, headers) => (await fetch(`http://${host}:8080/who`, { headers })).json();
const peer = '127.0.0.1';
assert.deepEqual(await who(peer), { ip: peer, ips: [], hostname: peer, peer, family: 'IPv4', client: peer });
const forwarded = await who(peer, { 'x-forwarded-for': '192.0.2.9, 203.0.113.50' });
assert.equal(forwarded.ip, '192.0.2.9');
assert.deepEqual(forwarded.ips, ['192.0.2.9', '203.0.113.50']);
assert.equal((await who(REMOTE)).hostname, REMOTE);
assert.equal((await fetch('http://127.0.0.1:8080/admin')).status, 200);
const statuses = [];
for (let i = 0; i < 3; i += 1) statuses.push((await fetch('http://127.0.0.1:8080/limited')).status);
assert.deepEqual(statuses, [200, 200, 429]);
done();
