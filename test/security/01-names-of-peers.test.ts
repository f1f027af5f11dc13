import assert from 'node:assert/strict';
import dns from 'node:dns/promises';
import { once } from 'node:events';
import net from 'node:net';
import { beyond, INSIDE6, OUTSIDE6, SIX_TO_FOUR } from '../support/beyond.js';
import { answered, connected, withServer, withUdp4, withUdpServer } from '../support/host-table.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Claim 1: a stranger does not become a peer with a private IPv4 address by having the program look up his name.
const BY_RULE = '192.0.2.99';
const BY_RULE_EMBEDDED = '64:ff9b::c000:263';
const env = { V6ONLY_POLICY: JSON.stringify({ rules: [{ match: BY_RULE, to: OUTSIDE6 }] }) };
const check = suite(import.meta.url, { on: ['v6', 'docker'], second: true, dns: 'plain', env });

/** Who a TCP and a udp4 server of the program say that the client is. */
async function seen(localAddress: string) {
  const bind = [0, '0.0.0.0'] as const;
  const tcp = await withServer(bind, (port) => beyond('tcp', { host: HOST6, port, localAddress }));
  const udp = await withUdpServer(bind, (port) => beyond('udp', { host: HOST6, port, localAddress }));
  return [tcp.said, udp.said];
}

check('1: a peer that may be anybody is shown by his IPv6 address, whatever name the program used', async () => {
  const { address: alias } = await dns.lookup('six-to-four.example.org', 4);
  assert.match(alias, /^10\./);
  assert.deepEqual(await seen(SIX_TO_FOUR), [SIX_TO_FOUR, SIX_TO_FOUR]);
  // The program itself reaches him by that name, and knows who answers.
  const by = `${SIX_TO_FOUR} ${HOST6}`;
  const { said, remoteAddress } = await connected({ host: 'six-to-four.example.org', family: 4 });
  assert.deepEqual([said, remoteAddress], [by, alias]);
  await withUdp4([0], async (socket) =>
    assert.deepEqual(await answered(socket, alias), { said: by, address: alias, family: 'IPv4' }),
  );
  assert.deepEqual(await seen(SIX_TO_FOUR), [SIX_TO_FOUR, SIX_TO_FOUR]);
});

check('1: a host inside is shown by the private address of its name (control)', async () => {
  const { address } = await dns.lookup('ula.example.org', 4);
  assert.deepEqual(await seen(INSIDE6), [address, address]);
});

check('1: a datagram from the IPv4 address that a rule sends elsewhere is not answered there', async () => {
  assert.deepEqual((await seen(BY_RULE_EMBEDDED))[1], BY_RULE_EMBEDDED);
  await withUdp4([0], async (socket) => {
    const answer = await answered(socket, BY_RULE);
    assert.deepEqual(answer, { said: `${OUTSIDE6} ${HOST6}`, address: BY_RULE, family: 'IPv4' });
  });
});

check('1: a server that listens on IPv6 alone shows IPv6 peers', async () => {
  for (const [ipv6Only, seenAs] of [
    [true, BY_RULE_EMBEDDED],
    [false, `::ffff:${BY_RULE}`],
  ] as const) {
    const server = net.createServer((socket) => socket.end(String(socket.remoteAddress)));
    await once(server.listen({ port: 0, host: '::', ipv6Only }), 'listening');
    const { port } = server.address() as net.AddressInfo;
    assert.deepEqual(await beyond('tcp', { host: HOST6, port, localAddress: BY_RULE_EMBEDDED }), { said: seenAs });
    server.close();
  }
});
