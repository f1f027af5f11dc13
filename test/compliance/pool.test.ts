import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Failure } from '../support/errors.js';
import { bound, echoServer, errorOf, exchange, listening, PEER6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// AAAA-only names for code that knows IPv4 alone (RFC 6535). Six addresses, 198.51.100.1 to .6, so that they run out.
const policy = path.join(mkdtempSync(path.join(tmpdir(), 'v6only-pool-')), 'policy.json');
writeFileSync(policy, JSON.stringify({ pool: '198.51.100.0/29', peers: 'pool' }));
const check = suite(import.meta.url, {
  on: ['noinet', 'v6', 'lo4'],
  dns: 'plain',
  env: { V6ONLY_POLICY: policy },
});

const lookup4 = async (name: string) => (await dns.promises.lookup(name, { family: 4 })).address;

check('RFC 6535 §2.3: an AAAA-only name has one IPv4 address, the same to every question', async () => {
  const address = await lookup4('peer6.example.org');
  assert.match(address, /^198\.51\.100\.[1-6]$/);
  assert.equal(await lookup4('peer6.example.org'), address);
  assert.deepEqual(await dns.promises.resolve4('peer6.example.org'), [address]);
  const [{ ttl, ...record }] = await dns.promises.resolve4('peer6.example.org', { ttl: true });
  assert.deepEqual(record, { address });
  assert.equal(ttl, 60);
  assert.deepEqual(await dns.promises.lookup('peer6.example.org', { family: 4, all: true }), [{ address, family: 4 }]);
});

check('RFC 6535 §2.3: a name with an A record has that, and none of the pool', async () => {
  assert.equal(await lookup4('dual.example.org'), '203.0.113.7');
  assert.deepEqual(await dns.promises.resolve4('dual.example.org'), ['203.0.113.7']);
});

check('to who asks for any family, or for IPv6, it is an IPv6 name', async () => {
  assert.deepEqual(await dns.promises.lookup('peer6.example.org', { all: true }), [{ address: PEER6, family: 6 }]);
  assert.deepEqual(await dns.promises.resolve6('peer6.example.org'), [PEER6]);
});

check('a name that does not exist, or has no address, has none of the pool', async () => {
  await assert.rejects(lookup4('missing.example.org'), { code: 'ENOTFOUND' });
  await assert.rejects(lookup4('empty.example.org'), { code: 'ENOTFOUND' });
  await assert.rejects(dns.promises.resolve4('empty.example.org'), { code: 'ENODATA' });
});

check('RFC 6535 §2.3.3: reverse and lookupService name what is behind it', async () => {
  const address = await lookup4('peer6.example.org');
  assert.deepEqual(await dns.promises.reverse(address), ['peer6.example.org']);
  assert.equal((await dns.promises.lookupService(address, 80)).hostname, 'peer6.example.org');
  const hostname = await new Promise((resolve, reject) =>
    dns.lookupService(address, 22, (error, name) => (error ? reject(error) : resolve(name))),
  );
  assert.equal(hostname, 'peer6.example.org');
  await assert.rejects(dns.promises.reverse('198.51.100.7'), { hostname: '198.51.100.7' });
});

check('lookupService without a port or a callback throws as natively', () => {
  for (const args of [[], ['198.51.100.7'], ['198.51.100.7', 80]])
    assert.throws(() => Reflect.apply(dns.lookupService, dns, args), { code: 'ERR_MISSING_ARGS' });
});

check('a connection to it reaches the IPv6 host, and reads as IPv4', async () => {
  const server = net.createServer((socket) => socket.on('error', () => {}).end('six'));
  const port = await listening(server, 0, PEER6);
  const address = await lookup4('peer6.example.org');
  assert.equal(await exchange({ port, host: address }), 'six');
  const socket = net.connect({ port, host: 'peer6.example.org', family: 4 });
  await once(socket, 'connect');
  assert.equal(socket.remoteAddress, address);
  assert.equal(socket.remoteFamily, 'IPv4');
  socket.destroy();
  server.close();
});

check('a datagram to it reaches the IPv6 host, and the answer comes from it', async () => {
  const server = dgram.createSocket('udp6');
  const port = await bound(server, 0, PEER6);
  server.on('message', (message, { port: to, address }) => server.send(message, to, address));
  const address = await lookup4('peer6.example.org');
  const client = dgram.createSocket('udp4');
  client.send('ping', port, address);
  const [message, rinfo] = await once(client, 'message');
  assert.equal(String(message), 'ping');
  assert.deepEqual([rinfo.address, rinfo.family], [address, 'IPv4']);
  client.close();
  server.close();
});

check('RFC 6535 §2.4 (3): by policy a native peer of an IPv4 server reads as one of the pool', async () => {
  const { server, port } = await echoServer();
  const socket = net.connect({ port, host: '2001:db8:1::2', localAddress: PEER6 });
  await once(socket, 'connect');
  await new Promise(setImmediate);
  assert.equal(server.last?.remoteAddress, await lookup4('peer6.example.org'));
  assert.equal(server.last?.remoteFamily, 'IPv4');
  socket.destroy();
  server.close();
});

check('RFC 6535 §2.1: an address of the pool that stands for nothing is not sent anywhere', async () => {
  const known = await lookup4('peer6.example.org');
  const free = known === '198.51.100.6' ? '198.51.100.5' : '198.51.100.6';
  const error = await errorOf(net.connect(80, free));
  assert.equal(error.code, 'ENETUNREACH');
  assert.equal(error.cause?.code, 'V6ONLY_NOT_TRANSLATABLE');
});

check('RFC 6535 §6.3: a pool that is full has no address, and says why', async () => {
  const known = await lookup4('peer6.example.org');
  const given = new Set([known]);
  for (let i = 1; i <= 5; i++) given.add(await lookup4(`six-${i}.example.org`));
  assert.equal(given.size, 6);
  await assert.rejects(lookup4('six-9.example.org'), (error: Failure) => {
    assert.equal(error.code, 'ENOTFOUND');
    assert.equal(error.message, 'getaddrinfo ENOTFOUND six-9.example.org');
    assert.equal(error.cause?.code, 'V6ONLY_POOL_FULL');
    return true;
  });
  const refused = (error: Failure) => {
    assert.equal(error.code, 'ENODATA');
    assert.equal(error.cause?.code, 'V6ONLY_POOL_FULL');
    return true;
  };
  await assert.rejects(dns.promises.resolve4('six-9.example.org'), refused);
  await assert.rejects(promisify(dns.resolve4)('six-9.example.org'), refused);
  // Those that were given out go on.
  assert.equal(await lookup4('peer6.example.org'), known);
});

// An address is held for ten minutes beyond its TTL: this waits for that on a clock of its own.
const uses = [
  { form: 'an IPv4 address', prefix: '', type: 'udp4', from: 0 },
  { form: 'an IPv4-mapped one', prefix: '::ffff:', type: 'udp6', from: 100_000 },
] as const;
for (const { form, prefix, type, from } of uses) {
  check(`an address that a socket uses, as ${form}, is never given to another`, async () => {
    const { uptime } = process;
    let ahead = from;
    process.uptime = () => uptime() + ahead;
    const server = net.createServer((socket) => socket.resume());
    try {
      const port = await listening(server, 0, PEER6);
      const used = await lookup4('peer6.example.org');
      const socket = net.connect(port, prefix + used);
      await once(socket, 'connect');
      const udp = dgram.createSocket(type);
      const by = await lookup4('six-1.example.org');
      udp.connect(9, prefix + by);
      await once(udp, 'connect');
      for (let round = 0; round < 4; round++) {
        ahead += 1000;
        for (let i = 10; i < 14; i++) {
          const other = await lookup4(`six-${round}${i}.example.org`);
          assert.ok(other !== used && other !== by, `${other} was in use`);
        }
      }
      // Only four are free, and all of them are held now.
      await assert.rejects(lookup4('six-99.example.org'), { code: 'ENOTFOUND' });
      assert.equal(await lookup4('peer6.example.org'), used);
      // What is closed is free again.
      socket.destroy();
      await once(socket, 'close');
      udp.close();
      ahead += 1000;
      const later = new Set();
      for (let i = 20; i < 26; i++) later.add(await lookup4(`six-${i}.example.org`));
      assert.ok(later.has(used) && later.has(by));
    } finally {
      process.uptime = uptime;
      server.close();
    }
  });
}
