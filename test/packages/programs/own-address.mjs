// ip, address and os.networkInterfaces: "the IPv4 address of this machine", and a server found at it
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import { ip as addressIp } from 'address';
import ip from 'ip';
import { done } from '../../../build/test/packages/support/program.js';

const server = http.createServer((_request, response) => response.end('found'));
server.listen(8080, '0.0.0.0');
await once(server, 'listening');
const external = Object.values(os.networkInterfaces())
  .flat()
  .find((entry) => entry.family === 'IPv4' && !entry.internal);
assert.ok(external, 'an external IPv4 address');
for (const own of [ip.address(), addressIp(), external.address]) {
  assert.ok(net.isIPv4(own) && !own.startsWith('127.'), `${own} is an external IPv4 address`);
  assert.equal(await (await fetch(`http://${own}:8080/`)).text(), 'found');
}
done(external.address);
