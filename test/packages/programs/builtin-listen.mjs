// Two listeners on one port, listen() without a host, and the next free port when one is taken
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const say = (text) => net.createServer((socket) => socket.end(`${text} ${socket.remoteAddress}`));
const listen = async (text, options) => {
  const server = say(text).listen(options);
  await once(server, 'listening');
  return server;
};
const read = async (port, host) => (await net.connect(port, host).toArray()).join('');

await listen('four', { port: 7000, host: '0.0.0.0' });
const six = await listen('six', { port: 7000, host: '::', ipv6Only: true });
assert.equal(await read(7000, '127.0.0.1'), 'four 127.0.0.1');
assert.match(await read(7000, REMOTE), /^four \d+\.\d+\.\d+\.\d+$/);
assert.equal(await read(7000, '::1'), 'six ::1');
six.close();
assert.equal(await read(7000, '127.0.0.1'), 'four 127.0.0.1');

const four = await listen('four', { port: 7001, host: '127.0.0.1' });
await listen('six', { port: 7001, host: '::1' });
assert.equal(await read(7001, '127.0.0.1'), 'four 127.0.0.1');
assert.equal(await read(7001, '::1'), 'six ::1');
four.close();
assert.equal(await read(7001, '::1'), 'six ::1');

const any = await listen('any', { port: 7002 });
assert.deepEqual(any.address(), { address: '::', family: 'IPv6', port: 7002 });
assert.equal(await read(7002, '127.0.0.1'), 'any ::ffff:127.0.0.1');
assert.match(await read(7002, REMOTE), /^any ::ffff:\d+\.\d+\.\d+\.\d+$/);
assert.equal(await read(7002, '::1'), 'any ::1');

let port = 7000;
const next = net.createServer();
next.on('error', ({ code }) => {
  assert.equal(code, 'EADDRINUSE');
  port += 1;
  next.listen(port, '0.0.0.0');
});
next.listen(port, '0.0.0.0');
await new Promise((resolve) => next.once('listening', resolve));
assert.ok(next.address().port > 7000);
done();
