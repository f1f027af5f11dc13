// Servers on 0.0.0.0 of hosts without IPv4, asked by ordinary clients (curl, bash) over IPv6 and through the NAT64.
import test from 'ava';
import { command, echoBy, ipv4Packets, nspLength, type ProgramOptions, startServer } from '../hosts.js';
import { mappedAddress } from '../nat64.js';
import type { Peer } from '../results.js';
import { HOSTS, type HostName, nspPrefix } from '../settings.js';

const PORT = 8100;

test.after.always('no IPv4 packet left a host', (t) => {
  for (const host of ['app', 'app0'] as const) t.deepEqual(ipv4Packets(host), { sent: 0, received: 0 }, host);
});

/** What the HTTP server has seen of a client with this address. */
function askHttp(from: HostName, source: string, url: string): Pick<Peer, 'remoteAddress' | 'remoteFamily'> {
  return JSON.parse(command(from, 'curl', '-sS', '-m', '10', '--interface', source, url));
}

for (const host of ['app', 'typical'] as const) {
  test.serial(`${host}: a server on 0.0.0.0 says so, and serves an IPv6 client under its real address`, async (t) => {
    const server = await startServer(host, ['0.0.0.0', String(PORT)]);
    try {
      t.deepEqual(server.listening, Array(3).fill({ address: '0.0.0.0', family: 'IPv4' }));
      const peer = { remoteAddress: HOSTS.inet6.v6, remoteFamily: 'IPv6' };
      t.deepEqual(askHttp('inet6', HOSTS.inet6.v6, `http://[${HOSTS[host].v6}]:${PORT + 1}/`), peer);
      t.deepEqual(await server.next(), { protocol: 'http', ...peer });
      t.is(echoBy('inet6', 'tcp', HOSTS[host].v6, PORT), 'hello-echo');
      t.like(await server.next(), { protocol: 'tcp', ...peer });
      t.is(echoBy('inet6', 'udp', HOSTS[host].v6, PORT + 2), 'hello-echo');
      t.deepEqual(await server.next(), { protocol: 'udp', ...peer });
    } finally {
      await server.stop();
    }
  });

  for (const which of ['nat64', 'nsp'] as const) {
    // 203.0.113.10 does not pass TAYGA with the well-known prefix.
    const client = which === 'nsp' ? '203.0.113.10' : '1.2.3.4';
    test.serial(`${host}: an IPv4 client behind ${which} reads as its IPv4 address`, async (t) => {
      const env: ProgramOptions['env'] = which === 'nsp' ? { V6ONLY_NAT64: nspPrefix(nspLength()) } : {};
      const server = await startServer(host, ['0.0.0.0', String(PORT)], { env });
      const mapped = mappedAddress(which, host);
      const peer = { remoteAddress: client, remoteFamily: 'IPv4' };
      try {
        // The first peer that may have come through the NAT64 begins the discovery of its prefix, and reads as what it is.
        let seen = askHttp('inet4', client, `http://${mapped}:${PORT + 1}/`);
        while (which !== 'nsp' && seen.remoteFamily !== 'IPv4') {
          await server.next();
          seen = askHttp('inet4', client, `http://${mapped}:${PORT + 1}/`);
        }
        t.deepEqual(seen, peer);
        t.deepEqual(await server.next(), { protocol: 'http', ...peer });
        const socat = (protocol: 'tcp' | 'udp', port: number) => {
          const target = `${protocol}:${mapped}:${port},bind=${client},readbytes=10`;
          return command('inet4', 'sh', '-c', 'echo hello-echo | timeout 10 "$@"', 'sh', ...socatArgv(target));
        };
        t.is(socat('tcp', PORT), 'hello-echo');
        const tcp = await server.next();
        t.like(tcp, { protocol: 'tcp', ...peer, localFamily: 'IPv4' });
        t.regex(tcp.localAddress ?? '', /^\d+\.\d+\.\d+\.\d+$/);
        t.is(socat('udp', PORT + 2), 'hello-echo');
        t.deepEqual(await server.next(), { protocol: 'udp', ...peer });
      } finally {
        await server.stop();
      }
    });
  }
}

// It ends with the tenth octet of the answer, or when the other side closes.
const socatArgv = (target: string) => ['socat', '-t', '10', '-', target];
