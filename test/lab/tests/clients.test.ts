// Every client API of Node.js on hosts without IPv4, by literal and by name, through the well-known prefix.
import test from 'ava';
import { CLIENTS, isDatagram, seesIpv4, seesIpv6 } from '../clients.js';
import { ipv4Packets, runProgram } from '../hosts.js';
import { mappedAddress } from '../nat64.js';
import { entriesOf } from '../tables.js';

/** app has a DNS64, app0 has none, typical has 127.0.0.1 on lo besides. */
const IPV6_ONLY = ['app', 'app0', 'typical'] as const;
const WITHOUT_IPV4 = ['app', 'app0'] as const;

test.after.always('no IPv4 packet left a host', (t) => {
  for (const host of WITHOUT_IPV4) t.deepEqual(ipv4Packets(host), { sent: 0, received: 0 }, host);
});

for (const host of IPV6_ONLY) {
  for (const [client, call] of entriesOf(CLIENTS)) {
    test.serial(`${host}: ${client} connects to an IPv4 literal through the NAT64`, async (t) => {
      const result = await runProgram(host, ...call('1.2.3.4'));
      seesIpv4(t, client, result, '1.2.3.4');
      t.is(result.seen?.client, mappedAddress('nat64', host));
    });

    test.serial(`${host}: ${client} connects to an A-only name`, async (t) => {
      const result = await runProgram(host, ...call('v4.example.org'));
      seesIpv4(t, client, result, '1.2.3.4');
      t.is(result.seen?.client, mappedAddress('nat64', host));
    });

    // A datagram socket of the program's is IPv4 by its own word; a TCP client did not say.
    test.serial(`${host}: ${client} and a dual-stack name`, async (t) => {
      const result = await runProgram(host, ...call('dual.example.org'));
      if (isDatagram(client)) seesIpv4(t, client, result, '1.2.3.4');
      else seesIpv6(t, client, result);
    });
  }

  for (const name of ['alias2', 'v4.tree', 'alias-out', 'v4.tree-out', 'any.wild', 'ttl0']) {
    test.serial(`${host}: ${name} leads to the IPv4 server`, async (t) => {
      seesIpv4(t, 'net', await runProgram(host, 'net-client.cjs', [`${name}.example.org`, '7']), '1.2.3.4');
    });
  }

  test.serial(`${host}: a name with 100 addresses resolves`, async (t) => {
    const result = await runProgram(host, 'lookup.cjs', ['big.example.org', '{"all":true,"family":4}']);
    t.is(result.addresses?.length, 100);
  });

  test.serial(`${host}: an AAAA-only name stays native`, async (t) => {
    seesIpv6(t, 'net', await runProgram(host, 'net-client.cjs', ['v6.example.org', '7']));
  });

  for (const name of ['dead6', 'dead6-closed', 'dead6-silent']) {
    test.serial(`${host}: ${name}: IPv6 is dead, IPv4 through the NAT64 answers`, async (t) => {
      seesIpv4(t, 'net', await runProgram(host, 'net-client.cjs', [`${name}.example.org`, '7']), '1.2.3.4');
    });
  }

  test.serial(`${host}: family 4 goes where the A records of a name say, though it has IPv6`, async (t) => {
    seesIpv4(t, 'net', await runProgram(host, 'net-client.cjs', ['dual.example.org', '7', '{"family":4}']), '1.2.3.4');
  });

  for (const name of ['nothere', 'nodata', 'dangling']) {
    test.serial(`${host}: ${name} is ENOTFOUND, as on any host`, async (t) => {
      const code = 'ENOTFOUND';
      const target = `${name}.example.org`;
      const { error } = await runProgram(host, 'net-client.cjs', [target, '7']);
      t.deepEqual(error, { code, syscall: 'getaddrinfo', hostname: target, message: `getaddrinfo ${code} ${target}` });
    });
  }
}

for (const resolver of ['bind64', 'bind64break', 'nsp64']) {
  // nsp64 hands out another prefix than the one that the hook has: the name's real address is what counts.
  test.serial(`app: an A-only name with the name server ${resolver}`, async (t) => {
    const result = await runProgram('app', 'net-client.cjs', ['v4.example.org', '7'], { resolver });
    t.is(result.error, undefined);
    t.is(result.seen?.server, '1.2.3.4');
  });
}

test.serial('app: without the hook the literal is out of reach (control)', async (t) => {
  const { error } = await runProgram('app', 'net-client.cjs', ['1.2.3.4', '7'], { hook: false });
  t.is(error?.code, 'ENETUNREACH');
});
