// What is not IPv4 stays as it is: IPv6 by literal, Unix sockets, and a program that ends by itself
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { done, temporary } from '../../../build/test/packages/support/program.js';

const six = http.createServer((request, response) =>
  response.end(`${request.socket.remoteAddress} ${request.socket.remoteFamily}`),
);
six.listen(8080, '::1');
await once(six, 'listening');
assert.deepEqual(six.address(), { address: '::1', family: 'IPv6', port: 8080 });
assert.equal(await (await fetch('http://[::1]:8080/')).text(), '::1 IPv6');
const only = net.createServer().listen({ port: 8081, host: '::', ipv6Only: true });
await once(only, 'listening');
const [error] = await once(net.connect(8082, '::1'), 'error');
assert.equal(error.message, 'connect ECONNREFUSED ::1:8082');

const udp = dgram.createSocket({ type: 'udp6', ipv6Only: true });
udp.bind(9000, '::1');
await once(udp, 'listening');
udp.send('self', 9000, '::1');
const [, from] = await once(udp, 'message');
assert.deepEqual([from.address, from.family], ['::1', 'IPv6']);

const file = path.join(temporary(), 'socket');
const pipe = net.createServer((socket) => socket.end('pipe')).listen(file);
await once(pipe, 'listening');
assert.equal((await net.connect(file).toArray()).join(''), 'pipe');
for (const server of [six, only, pipe]) server.close();
six.closeAllConnections();
udp.close();
done('', { exit: false });
