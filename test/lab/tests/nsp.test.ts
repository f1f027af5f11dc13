// A NAT64 with a network-specific prefix, of each length of RFC 6052 §2.2. These tests change the lab.
import test from 'ava';
import { setNsp } from '../actions.js';
import { CLIENTS, seesIpv4 } from '../clients.js';
import { embed } from '../embed.js';
import { command, ipv4Packets, lab, nspLength, runProgram } from '../hosts.js';
import { mappedAddress } from '../nat64.js';
import { NSP_LENGTHS, nspPrefix } from '../settings.js';
import { entriesOf } from '../tables.js';

const before = nspLength();

test.after.always('the lab has its prefix back, and no IPv4 packet left a host', async (t) => {
  await setNsp(lab, before);
  for (const host of ['app', 'app0'] as const) t.deepEqual(ipv4Packets(host), { sent: 0, received: 0 }, host);
});

for (const length of NSP_LENGTHS) {
  const env = { V6ONLY_NAT64: nspPrefix(length) };

  test.serial(`/${length}: the lab itself translates (control, with curl)`, async (t) => {
    await setNsp(lab, length);
    const seen = command('app0', 'curl', '-sS', '-m', '10', `http://[${embed(nspPrefix(length), '203.0.113.10')}]/`);
    t.is(JSON.parse(seen).server, '203.0.113.10');
  });

  for (const [client, call] of entriesOf(CLIENTS)) {
    test.serial(`/${length}: ${client} connects to an IPv4 literal`, async (t) => {
      const result = await runProgram('app0', ...call('203.0.113.10'), { env });
      seesIpv4(t, client, result, '203.0.113.10');
      t.is(result.seen?.client, mappedAddress('nsp', 'app0'));
    });
  }

  test.serial(`/${length}: an A-only name without DNS64`, async (t) => {
    seesIpv4(t, 'http', await runProgram('app0', ...CLIENTS.http('testnet3.example.org'), { env }), '203.0.113.10');
  });

  test.serial(`/${length}: an A-only name with DNS64`, async (t) => {
    const options = { env, resolver: 'nsp64' };
    seesIpv4(t, 'http', await runProgram('app', ...CLIENTS.http('testnet3.example.org'), options), '203.0.113.10');
  });

  test.serial(`/${length}: private addresses may pass (RFC 6052 §3.1 is about the well-known prefix)`, async (t) => {
    seesIpv4(t, 'net', await runProgram('app0', ...CLIENTS.net('10.9.9.10'), { env }), '10.9.9.10');
    seesIpv4(t, 'dgram', await runProgram('app0', ...CLIENTS.dgram('192.168.9.10'), { env }), '192.168.9.10');
    seesIpv4(t, 'net', await runProgram('app0', ...CLIENTS.net('private10.example.org'), { env }), '10.9.9.10');
  });
}
