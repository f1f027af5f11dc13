import assert from 'node:assert/strict';
import dns from 'node:dns/promises';
import { once } from 'node:events';
import net from 'node:net';
import { echoServer, exchange, HOST4, HOST4_EMBEDDED } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// A network whose resolver is a DNS64 (RFC 6147), from which v6only also learns the prefix (RFC 7050).
const check = suite(import.meta.url, { dns: 'dns64', env: { V6ONLY_NAT64: undefined } });

check('a literal connects: the prefix was discovered', async () => {
  const { server, port } = await echoServer();
  const socket = net.connect(port, HOST4);
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, HOST4);
  socket.destroy();
  server.close();
});

check('a name with only an A record connects', async () => {
  const { server, port } = await echoServer();
  assert.equal(await exchange({ port, host: 'v4only.example.org' }), 'ping');
  assert.equal(await exchange({ port, host: 'v4only.example.org', family: 4 }), 'ping');
  server.close();
});

check(
  'synthesized addresses are shown as the IPv4 addresses that they embed',
  { on: ['noinet', 'v6', 'lo4'] },
  async () => {
    const list = await dns.lookup('v4only.example.org', { all: true });
    assert.deepEqual(list, [{ address: HOST4, family: 4 }]);
  },
);

check('who asks for family 6 gets the synthesized address', async () => {
  assert.deepEqual(await dns.lookup('v4only.example.org', { family: 6 }), { address: HOST4_EMBEDDED, family: 6 });
});
