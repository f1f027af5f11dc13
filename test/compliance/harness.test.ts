import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import dns from 'node:dns/promises';
import type { EventEmitter } from 'node:events';
import net from 'node:net';
import { suite } from '../support/suite.js';

// The hosts themselves, without the hook: if these are not what they say, no other test proves anything.
const check = suite(import.meta.url, { hook: false, dns: 'plain' });

const failure = (emitter: EventEmitter) =>
  new Promise<string>((resolve) =>
    emitter.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code))),
  );

check('without the hook an IPv4 connection fails', { on: ['noinet', 'v6', 'lo4'] }, async () => {
  assert.match(await failure(net.connect(80, '203.0.113.5')), /^(ENETUNREACH|EAFNOSUPPORT)$/);
});

check('without the hook an IPv4 socket cannot even be made', { on: ['noinet'] }, async () => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0);
  assert.equal(await failure(socket), 'EAFNOSUPPORT');
});

check('the resolver of the host is the DNS server of the tests', async () => {
  assert.deepEqual(await dns.resolve4('v4only.example.org'), ['203.0.113.7']);
  assert.deepEqual(await dns.resolve6('dual.example.org'), ['2001:db8:1::2']);
  await assert.rejects(dns.resolve6('v4only.example.org'), { code: 'ENODATA' });
  await assert.rejects(dns.resolve4('missing.example.org'), { code: 'ENOTFOUND' });
});
