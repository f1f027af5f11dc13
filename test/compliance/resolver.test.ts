// v6only's own resolver in a process where the hook is installed: it must not go through itself.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { Pref64 } from '../../src/address/pref64.js';
import type { ServerAddress } from '../../src/address/server-address.js';
import { findPrefixes } from '../../src/prefix/find-prefixes.js';
import { queryByDns } from '../../src/prefix/rfc7050.js';
import { DnsClient } from '../../src/resolver/client.js';
import { dns64Config } from '../../src/resolver/dns64-config.js';
import { decodeMessage, encodeMessage } from '../../src/resolver/message.js';
import { Resolver } from '../../src/resolver/resolver.js';
import { Dns64Server } from '../../src/resolver/server.js';
import { systemServers } from '../../src/resolver/system-servers.js';
import { HOST4, HOST4_EMBEDDED } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url, { dns: 'dns64', env: { V6ONLY_NAT64: undefined } });
const prefixes = [Pref64.WELL_KNOWN];
const only = (addresses: readonly { address: string }[]) => addresses.map(({ address }) => address);

check('names are resolved by the name server of resolv.conf', async () => {
  // 203.0.113.0/24 stands for the Internet here, which RFC 6052 §3.1 does not let the well-known prefix represent.
  const resolver = new Resolver({ servers: systemServers, prefixes: () => prefixes, dns64: { mayEmbed: () => true } });
  assert.deepEqual(only(await resolver.resolveAddresses('v4only.example.org', 4)), [HOST4]);
  assert.deepEqual(only(await resolver.resolveAddresses('v4only.example.org', 6)), [HOST4_EMBEDDED]);
  assert.deepEqual(only(await resolver.resolveAddresses('alias.example.org', 0)), [HOST4]);
  await assert.rejects(resolver.resolveAddresses('nothere.example.org', 0), { code: 'ENOTFOUND' });
});

check('the prefix is discovered before any is known', async () => {
  const client = new DnsClient({ servers: () => ['::1'], timeoutMs: 20_000 });
  const { addresses } = await queryByDns(client);
  assert.deepEqual(findPrefixes(addresses).map(String), ['64:ff9b::/96']);
});

/** Answers each query with no records. */
async function emptyServer(address: string) {
  const socket = dgram.createSocket('udp6');
  await new Promise<void>((resolve, reject) => socket.once('error', reject).bind(0, address, resolve));
  socket.on('message', (bytes, peer) => {
    const query = decodeMessage(bytes);
    socket.send(encodeMessage({ ...query, response: true, rcode: 3 }), peer.port, peer.address);
  });
  return { socket, port: socket.address().port };
}

check('an IPv4 name server is reached through the NAT64', { on: ['noinet', 'v6', 'lo4'] }, async () => {
  const { socket, port } = await emptyServer(HOST4_EMBEDDED);
  const resolver = new Resolver({
    servers: () => [`${HOST4}:${port}`],
    toServerAddress: (ipv4) => Pref64.WELL_KNOWN.embed(ipv4),
    timeoutMs: 20_000,
  });
  await assert.rejects(resolver.resolveAddresses('x.example.org', 4), { code: 'ENOTFOUND' });
  socket.close();
});

check('a name server on 127.0.0.1 is reached where there is one', { on: ['lo4', 'dual'] }, async () => {
  const { socket, port } = await emptyServer('::ffff:127.0.0.1');
  const resolver = new Resolver({ servers: () => [`127.0.0.1:${port}`], timeoutMs: 20_000 });
  await assert.rejects(resolver.resolveAddresses('x.example.org', 4), { code: 'ENOTFOUND' });
  socket.close();
});

check(
  'a name server on 127.0.0.1 where there is no such address: the next one is asked at once',
  { on: ['noinet', 'v6'] },
  async () => {
    // Longer than a check may take.
    const resolver = new Resolver({ servers: () => ['127.0.0.53', '::1'], timeoutMs: 60_000 });
    assert.deepEqual(only(await resolver.resolveAddresses('v4only.example.org', 4)), [HOST4]);
  },
);

check('the DNS64 server works in a hooked process, over UDP and TCP', async () => {
  const upstream = new DnsClient({ servers: () => ['::1'], timeoutMs: 20_000 });
  const config = dns64Config({ prefixes: [Pref64.parse('2001:db8:64::/96')] });
  const listen: ServerAddress[] = [{ address: '::1', family: 6, port: 0 }];
  const server = new Dns64Server({ upstream, config, listen });
  const [at] = await server.start();
  const client = new Resolver({ servers: () => [at], timeoutMs: 20_000 });
  assert.deepEqual(only(await client.resolveAddresses('v6only.example.org', 6)), ['2001:db8:1::2']);
  await server.stop();
});
