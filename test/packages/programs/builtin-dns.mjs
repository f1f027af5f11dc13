// dns: names with A alone, AAAA alone, both; by lookup, resolve and a Resolver with servers of its own; connections by name
// needs: dns
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { done } from '../../../build/test/packages/support/program.js';

const { lookup, resolve, resolve4, resolve6, resolveMx, resolveSrv, resolveTxt, reverse } = dns.promises;
assert.deepEqual(await lookup('v4only.example.org', { family: 4 }), { address: '203.0.113.7', family: 4 });
assert.deepEqual(await lookup('v4only.example.org'), { address: '203.0.113.7', family: 4 });
assert.deepEqual(await lookup('localhost', { family: 4 }), { address: '127.0.0.1', family: 4 });
assert.deepEqual(await resolve4('v4only.example.org'), ['203.0.113.7']);
assert.deepEqual(await resolve('alias.example.org'), ['203.0.113.7']);
assert.deepEqual((await resolve4('many.example.org')).sort(), ['203.0.113.7', '203.0.113.8']);
assert.ok((await resolve6('dual.example.org')).includes('2001:db8:1::2'));
assert.equal((await resolveMx('example.org'))[0].exchange, 'v4only.example.org');
assert.equal((await resolveSrv('_imap._tcp.example.org'))[0].port, 1143);
assert.match((await resolveTxt('example.org'))[0].join(''), /^v=spf1 ip4:/);
assert.deepEqual(await reverse('203.0.113.7'), ['v4only.example.org']);
await assert.rejects(lookup('nothing.example.org'), {
  code: 'ENOTFOUND',
  message: 'getaddrinfo ENOTFOUND nothing.example.org',
});
await assert.rejects(resolve4('nothing.example.org'), {
  code: 'ENOTFOUND',
  message: 'queryA ENOTFOUND nothing.example.org',
});
await assert.rejects(resolveMx('v4only.example.org'), { code: 'ENODATA' });

const server = http.createServer((request, response) => response.end(request.socket.localAddress));
server.listen(8080, '0.0.0.0');
await once(server, 'listening');
for (const name of ['v4only', 'alias', 'loopback']) {
  assert.match(await (await fetch(`http://${name}.example.org:8080/`)).text(), /^\d+\.\d+\.\d+\.\d+$/, name);
}
const socket = net.connect({ host: 'v4only.example.org', port: 8080, family: 4 });
const [, address, family, host] = await once(socket, 'lookup');
assert.deepEqual([address, family, host], ['203.0.113.7', 4, 'v4only.example.org']);
await once(socket, 'connect');
assert.equal(socket.remoteAddress, '203.0.113.7');
done();
