// socks and socks-proxy-agent: SOCKS5 and SOCKS4 carry the IPv4 address as four octets; the proxy connects to them and says its own
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { SocksClient } from 'socks';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const seen = [];
const dotted = (octets) => [...octets].join('.');
const proxy = net.createServer(async (socket) => {
  socket.on('error', () => {});
  const [hello] = await once(socket, 'data');
  const five = hello[0] === 5;
  if (five) socket.write(Buffer.from([5, 0]));
  const [request] = five ? await once(socket, 'data') : [hello];
  const [host, port] = five
    ? [dotted(request.subarray(4, 8)), request.readUInt16BE(8)]
    : [dotted(request.subarray(4, 8)), request.readUInt16BE(2)];
  seen.push(`${five ? 5 : 4} ${host}:${port}`);
  const upstream = net.connect(port, host);
  upstream.on('error', () => socket.destroy());
  await once(upstream, 'connect');
  assert.equal(upstream.localFamily, 'IPv4');
  const own = Buffer.from(upstream.localAddress.split('.').map(Number));
  socket.write(
    five
      ? Buffer.concat([Buffer.from([5, 0, 0, 1]), own, Buffer.from([0, 80])])
      : Buffer.concat([Buffer.from([0, 90, 0, 80]), own]),
  );
  upstream.pipe(socket).pipe(upstream);
});
const target = http.createServer((_request, response) => response.end('reached'));
proxy.listen(1080, '127.0.0.1');
target.listen(80, '0.0.0.0');
await Promise.all([once(proxy, 'listening'), once(target, 'listening')]);

for (const type of [4, 5]) {
  const { socket, remoteHost } = await SocksClient.createConnection({
    proxy: { host: '127.0.0.1', port: 1080, type },
    command: 'connect',
    destination: { host: REMOTE, port: 80 },
  });
  if (type === 5) assert.ok(net.isIPv4(remoteHost.host), remoteHost.host);
  socket.write('GET / HTTP/1.0\r\n\r\n');
  assert.match((await socket.toArray()).join(''), /reached$/);
}
const [response] = await once(
  http.get(`http://${REMOTE}/`, { agent: new SocksProxyAgent('socks5://127.0.0.1:1080') }),
  'response',
);
assert.equal((await response.toArray()).join(''), 'reached');
assert.deepEqual(seen, [`4 ${REMOTE}:80`, `5 ${REMOTE}:80`, `5 ${REMOTE}:80`]);
done();
