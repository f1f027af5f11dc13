// net: block lists on both sides, bound clients, limits, the texts and fields of errors
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const server = net.createServer((socket) => {
  socket.end(`${socket.remoteAddress} ${socket.remoteFamily} ${socket.localAddress} ${socket.localPort}`);
});
server.listen({ host: '0.0.0.0', port: 7000, exclusive: true });
await once(server, 'listening');
assert.deepEqual(server.address(), { address: '0.0.0.0', family: 'IPv4', port: 7000 });
const read = async (options) => (await net.connect({ port: 7000, ...options }).toArray()).join('');
assert.equal(await read({ host: '127.0.0.1' }), '127.0.0.1 IPv4 127.0.0.1 7000');
assert.equal(await read({ host: REMOTE, localAddress: REMOTE, localPort: 7100 }), `${REMOTE} IPv4 ${REMOTE} 7000`);
assert.equal(await read({ host: '127.0.0.1', localAddress: '127.0.0.1' }), '127.0.0.1 IPv4 127.0.0.1 7000');

const error = async (options) => (await once(net.connect(options), 'error'))[0];
const refused = await error({ host: REMOTE, port: 7999 });
assert.equal(refused.message, `connect ECONNREFUSED ${REMOTE}:7999`);
assert.deepEqual(
  [refused.code, refused.syscall, refused.address, refused.port],
  ['ECONNREFUSED', 'connect', REMOTE, 7999],
);
const bad = await error({ host: '127.0.0.1', port: 7000, localAddress: '192.0.2.77' });
assert.deepEqual([bad.code, bad.syscall, bad.address], ['EADDRNOTAVAIL', 'bind', '192.0.2.77']);
const [taken] = await once(net.createServer().listen(7000, '0.0.0.0'), 'error');
assert.equal(taken.message, 'listen EADDRINUSE: address already in use 0.0.0.0:7000');

const blockList = new net.BlockList();
blockList.addSubnet('203.0.113.0', 24, 'ipv4');
if (Number(process.versions.node.split('.')[0]) >= 22) {
  const [blocked] = await once(net.connect({ host: REMOTE, port: 7000, blockList }), 'error');
  assert.equal(blocked.code, 'ERR_IP_BLOCKED');
  const guarded = net.createServer({ blockList }, (socket) => socket.end('let in')).listen(7001, '0.0.0.0');
  await once(guarded, 'listening');
  assert.equal((await net.connect(7001, '127.0.0.1').toArray()).join(''), 'let in');
  const shut = await net
    .connect({ host: REMOTE, port: 7001, localAddress: REMOTE })
    .toArray()
    .catch(() => []);
  assert.equal(shut.join(''), '');
}
const limited = net.createServer().listen(7002, '0.0.0.0');
limited.maxConnections = 1;
limited.dropMaxConnection = true;
const drop = once(limited, 'drop');
await once(net.connect(7002, '127.0.0.1'), 'connect');
net.connect(7002, '127.0.0.1').on('error', () => {});
const [dropped] = await drop;
assert.deepEqual(
  [dropped.remoteAddress, dropped.remoteFamily, dropped.localAddress],
  ['127.0.0.1', 'IPv4', '127.0.0.1'],
);
done();
