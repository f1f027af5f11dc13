import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import diagnosticsChannel from 'node:diagnostics_channel';
import dns from 'node:dns/promises';
import net from 'node:net';
import { kindHere } from '../support/host-table.js';
import { suite } from '../support/suite.js';

// Claim 8: no synthetic address is that of a host that the program reaches over IPv4, or through the NAT64.
const check = suite(import.meta.url, {
  on: ['lo4', 'docker', 'vpn', 'dual'],
  dns: 'plain',
  env: { V6ONLY_NAT64: '2001:db8:64::/96' },
});

if (kindHere !== undefined) {
  const gateway = { vpn: ['dev', 'tun0'], dual: ['via', '198.51.100.1'], docker: ['dev', 'docker0'] }[
    kindHere as 'vpn'
  ];
  for (const network of ['10.0.0.0/8', '198.18.0.0/16'])
    if (gateway) execFileSync('ip', ['route', 'add', network, ...gateway]);
}

const lookup4 = (name: string) => dns.lookup(name, { family: 4 }).then(({ address }) => address);

check(
  'the addresses for private names are none of a network that has a route',
  { on: ['docker', 'vpn', 'dual'] },
  async () => {
    for (let n = 1; n <= 8; n++) assert.match(await lookup4(`inside-${n}.example.org`), /^172\.21\./);
  },
);

check('nor are those for public names', { on: ['docker', 'vpn', 'dual'] }, async () => {
  for (let n = 1; n <= 8; n++) assert.match(await lookup4(`six-${n}.example.org`), /^198\.19\./);
});

check('a private address that the NAT64 carries goes there, and never to a name', { on: ['lo4'] }, async () => {
  await lookup4('inside-1.example.org');
  const [event] = await new Promise<unknown[]>((resolve) => {
    diagnosticsChannel.subscribe('v6only:connect', (...published) => resolve(published));
    const socket = net.connect(9, '10.170.170.99').on('error', () => {});
    setImmediate(() => socket.destroy());
  });
  assert.equal((event as { decision: { address: string } }).decision.address, '2001:db8:64::aaa:aa63');
});
