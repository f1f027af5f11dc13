// Pieces of the network that stop working: what a program sees is what IPv4 would show it. These tests change the lab.
import test from 'ava';
import { breakPiece, mendPiece } from '../actions.js';
import { CLIENTS, isDatagram, seesIpv4, seesIpv6 } from '../clients.js';
import { datagramsSent, ipv4Packets, lab, nspLength, runProgram } from '../hosts.js';
import { mappedAddress } from '../nat64.js';
import { nspPrefix, WAYS_TO_BREAK } from '../settings.js';

test.afterEach.always(() => mendPiece(lab));
test.after.always('no IPv4 packet left a host', (t) => {
  for (const host of ['app', 'app0'] as const) t.deepEqual(ipv4Packets(host), { sent: 0, received: 0 }, host);
});

test.serial('no route to the NAT64: ENETUNREACH for the IPv4 address', async (t) => {
  await breakPiece(lab, 'nat64', 'refuse');
  const { error } = await runProgram('app', 'net-client.cjs', ['1.2.3.4', '7'], { allowStderr: true });
  t.is(error?.code, 'ENETUNREACH');
  t.is(error?.address, '1.2.3.4');
  t.is(error?.message, 'connect ENETUNREACH 1.2.3.4:7');
});

test.serial('a silent NAT64: the program’s own limit ends it; names with IPv6 do not notice', async (t) => {
  await breakPiece(lab, 'nat64', 'silent');
  const { error } = await runProgram('app', 'net-timeout.cjs', ['1.2.3.4', '7', '1200'], { allowStderr: true });
  t.is(error?.message, 'timed out by the program');
  for (const name of ['v6.example.org', 'dual.example.org']) {
    seesIpv6(t, 'net', await runProgram('app', ...CLIENTS.net(name), { allowStderr: true }));
  }
});

test.serial('the NAT64 comes back: the next program works as if nothing had been', async (t) => {
  await breakPiece(lab, 'nat64', 'refuse');
  await mendPiece(lab);
  seesIpv4(t, 'net', await runProgram('app', ...CLIENTS.net('1.2.3.4')), '1.2.3.4');
});

test.serial('another NAT64 is chosen by its prefix when one is broken', async (t) => {
  await breakPiece(lab, 'nat64', 'refuse');
  const result = await runProgram('app', ...CLIENTS.net('1.2.3.4'), { env: { V6ONLY_NAT64: nspPrefix(nspLength()) } });
  seesIpv4(t, 'net', result, '1.2.3.4');
  t.is(result.seen?.client, mappedAddress('nsp', 'app'));
});

for (const how of WAYS_TO_BREAK) {
  test.serial(
    `of two prefixes the second takes over when the NAT64 of the first is ${how}: the program does not notice`,
    async (t) => {
      await breakPiece(lab, 'nat64', how);
      const env = { V6ONLY_NAT64: `64:ff9b::/96,${nspPrefix(nspLength())}` };
      const { attempts } = await runProgram('app', 'net-again.cjs', ['1.2.3.4', '7', '6000'], {
        env,
        allowStderr: true,
      });
      t.deepEqual(attempts, ['connected to 1.2.3.4', 'connected to 1.2.3.4']);
    },
  );
}

for (const how of WAYS_TO_BREAK) {
  test.serial(
    `a DNS64 that is ${how === 'silent' ? 'silent' : 'gone'}: literals with a prefix that was given need no name`,
    async (t) => {
      await breakPiece(lab, 'unbound64', how);
      for (const client of ['net', 'dgram', 'connected dgram', 'http'] as const) {
        const before = datagramsSent('app');
        const env = { V6ONLY_NAT64: '64:ff9b::/96' };
        seesIpv4(t, client, await runProgram('app', ...CLIENTS[client]('1.2.3.4'), { env }), '1.2.3.4');
        // Its own two: nothing asks the name server, so nothing waits for it.
        t.is(datagramsSent('app') - before, isDatagram(client) ? 2 : 0);
      }
    },
  );

  test.serial(
    `a DNS64 that is ${how === 'silent' ? 'silent' : 'gone'}: a name fails with Node's own error`,
    async (t) => {
      await breakPiece(lab, 'unbound64', how);
      const { error } = await runProgram('app', ...CLIENTS.net('v4.example.org'), { allowStderr: true });
      t.is(error?.code, 'EAI_AGAIN');
      t.is(error?.syscall, 'getaddrinfo');
      t.is(error?.hostname, 'v4.example.org');
    },
  );
}
