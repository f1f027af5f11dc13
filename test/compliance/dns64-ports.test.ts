import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { dns64Config } from '../../src/resolver/dns64-config.js';
import { Dns64Server } from '../../src/resolver/server.js';
import { listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url, { on: ['lo4'] });

check('a DNS64 on an ephemeral port gets one that is free for UDP and for TCP', async () => {
  // Six ephemeral ports, four of them in use by TCP servers.
  writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', '40000 40005');
  const taken = Array.from({ length: 4 }, () => net.createServer());
  const ports = await Promise.all(taken.map((server, i) => listening(server, { host: '::1', port: 40_000 + i })));
  const options = {
    upstream: { query: () => Promise.reject(new Error('not asked')) },
    config: dns64Config({ prefixes: [] }),
    listen: [{ address: '::1', family: 6, port: 0 }] as const,
  };
  for (let i = 0; i < 8; i++) {
    const server = new Dns64Server(options);
    const [address] = await server.start();
    assert.ok(!ports.some((port) => address?.endsWith(`:${port}`)), address);
    await server.stop();
  }
  for (const server of taken) server.close();
});
