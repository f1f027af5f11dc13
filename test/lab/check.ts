// `lab check`: proves each piece of the lab with ordinary clients (dig, curl, bash), without v6only.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { checkNames } from './check-names.js';
import { embed } from './embed.js';
import { type Expect, tally } from './expect.js';
import { mappedAddress } from './nat64.js';
import { caFile as caFileOf } from './servers.js';
import { FATES4, FATES6, HOSTS, type HostName, INTERNET4, type Lab, nspPrefix, RESOLVERS, WKP } from './settings.js';
import { cleanEnvironment, onHost, run, tryRun } from './sh.js';
import { needState } from './state.js';

/** What TAYGA 0.9.2 takes through the well-known prefix: not the documentation, benchmark and private ranges. */
const THROUGH_WKP: readonly string[] = ['1.2.3.4', '192.31.196.10', '100.64.9.10'];

/** What our web servers answer: which host it is, and what it saw. */
interface Seen {
  readonly host: string;
  readonly client: string;
  readonly server: string;
  readonly protocol: string;
}

/** Ordinary clients, to be run on a host. */
interface Tools {
  /** What the web server saw; throws curl's own words. */
  curl(host: HostName, ...args: readonly string[]): Seen;
  /** What a command has said, to stdout and stderr. */
  text(host: HostName, ...argv: readonly string[]): string;
}

/** Runs all checks; prints a line for each failure and the count; true when none failed. */
export async function check(lab: Lab): Promise<boolean> {
  const nsp = nspPrefix(needState(lab).nspLength);
  const tools = toolsOf(lab);
  const counts = tally();
  const { expect } = counts;
  checkHosts(tools, expect);
  checkPaths(tools, expect, nsp);
  const peers = await inbound(lab).catch(String);
  // Each NAT64 has static maps, so that IPv4 clients reach a host inside.
  expect('IPv4 clients reach app by its mapped addresses', () => peers, ['64:ff9b::102:304', embed(nsp, '1.2.3.4')]);
  checkServers(tools, expect, { nsp, ca: caFileOf(lab) });
  checkErrors(tools, expect);
  checkNames(lab, expect, nsp);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0;
}

function toolsOf(lab: Lab): Tools {
  return {
    curl: (host, ...args) => {
      const { status, stdout, stderr } = tryRun(onHost(lab, host, ['curl', '-sS', '-m', '10', ...args]));
      if (status !== 0) throw new Error(stderr.trim());
      return JSON.parse(stdout) as Seen;
    },
    text: (host, ...argv) => {
      const { stdout, stderr } = tryRun(onHost(lab, host, argv));
      return (stdout + stderr).trim();
    },
  };
}

function checkHosts({ curl, text }: Tools, expect: Expect): void {
  for (const host of ['app', 'app0', 'inet6'] as const) {
    expect(`${host} has no IPv4 address`, () => text(host, 'ip', '-4', '-br', 'addr'), '');
    expect(`${host} has no IPv4 route`, () => text(host, 'ip', '-4', 'route', 'show', 'table', 'all'), '');
    expect(
      `${host} cannot connect to IPv4`,
      () => text(host, 'curl', '-sS', '-m', '3', 'http://1.2.3.4/'),
      /Couldn't connect/,
    );
    // Over lo too: UDP to 0.0.0.0 needs no address of the host.
    expect(
      `${host} cannot send a datagram to 0.0.0.0`,
      () => text(host, 'bash', '-c', 'echo x > /dev/udp/0.0.0.0/9'),
      /./,
    );
  }
  expect(
    'typical has 127.0.0.1 and no other IPv4 address',
    () => text('typical', 'ip', '-4', '-br', 'addr'),
    /^lo\s+\S+\s+127\.0\.0\.1\/8$/,
  );
  expect('inet4 has no IPv6 address', () => text('inet4', 'ip', '-6', '-br', 'addr'), '');
  expect('no host but gw has a way out of the lab', () => text('gw', 'ip', 'route', 'show', 'default'), '');
  for (const host of ['app', 'app0', 'typical', 'dual', 'clat'] as const) {
    expect(`${host} reaches inet6`, () => curl(host, `http://[${HOSTS.inet6.v6}]/`).client, HOSTS[host].v6);
    const wanted = `nameserver ${RESOLVERS[HOSTS[host].resolver].v6}`;
    expect(`${host} has its resolver`, () => text(host, 'grep', 'nameserver', '/etc/resolv.conf'), wanted);
  }
}

function checkPaths({ curl }: Tools, expect: Expect, nsp: string): void {
  for (const host of ['app', 'app0', 'typical'] as const) {
    for (const [which, prefix] of [
      ['nat64', WKP],
      ['nsp', nsp],
    ] as const) {
      const seen = () => curl(host, `http://[${embed(prefix, '1.2.3.4')}]/`);
      expect(`${host} through ${prefix}`, () => [seen().host, seen().client], ['inet4', mappedAddress(which, host)]);
    }
  }
  for (const address of INTERNET4) {
    expect(`${address} through ${nsp}`, () => curl('app', `http://[${embed(nsp, address)}]/`).server, address);
    const wanted = THROUGH_WKP.includes(address) ? address : /Couldn't connect/;
    expect(`${address} through ${WKP}`, () => curl('app', `http://[${embed(WKP, address)}]/`).server, wanted);
    expect(`${address} from dual over IPv4`, () => curl('dual', `http://${address}/`).client, HOSTS.dual.v4);
  }
  expect('the CLAT carries IPv4', () => curl('clat', 'http://1.2.3.4/').client, /^192\.168\.255\./);
  expect('the CLAT host keeps native IPv6', () => curl('clat', 'http://v6.example.org/').client, HOSTS.clat.v6);
  expect('a name of curl through DNS64 and NAT64', () => curl('app', 'http://v4.example.org/').host, 'inet4');
  expect('the same without DNS64 fails', () => curl('app0', 'http://v4.example.org/'), /resolve host|Couldn't connect/);
}

/** Whom a server on app sees of a client on inet4 that comes through either NAT64. */
async function inbound(lab: Lab): Promise<string[]> {
  const program = `const server = net.createServer((socket) => socket.end(socket.remoteAddress));
    server.listen(0, '::', () => console.log(server.address().port))`;
  const [command, ...args] = onHost(lab, 'app', [process.execPath, '-e', program]);
  const server = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: cleanEnvironment() });
  try {
    const [port] = (await once(server.stdout, 'data')) as [Buffer];
    return (['nat64', 'nsp'] as const).map((which) => {
      const url = `http://${mappedAddress(which, 'app')}:${String(port).trim()}/`;
      return run(onHost(lab, 'inet4', ['curl', '-sS', '-m', '10', '--http0.9', '--interface', '1.2.3.4', url])).trim();
    });
  } finally {
    server.kill();
  }
}

interface OfThisLab {
  /** Its network-specific prefix. */
  readonly nsp: string;
  /** The certificate of its CA. */
  readonly ca: string;
}

function checkServers({ curl, text }: Tools, expect: Expect, { nsp, ca: caFile }: OfThisLab): void {
  const ca = ['--cacert', caFile];
  const inet4 = embed(WKP, '1.2.3.4');
  expect(
    'HTTPS with an IPv4 address in the certificate',
    () => curl('app', ...ca, '--connect-to', `::[${inet4}]:`, 'https://1.2.3.4/').protocol,
    'HTTP/2.0',
  );
  expect(
    'HTTPS with an IPv6 address in the certificate',
    () => curl('app', ...ca, `https://[${HOSTS.inet6.v6}]/`).host,
    'inet6',
  );
  expect('HTTPS by name', () => curl('app', ...ca, 'https://v4.example.org/').host, 'inet4');
  expect(
    'HTTPS by the NAT64 address: not in the certificate',
    () => curl('app', ...ca, `https://[${inet4}]/`),
    /subject name/,
  );
  expect('HTTP/1.1 over TLS', () => curl('app', ...ca, '--http1.1', 'https://v4.example.org/').protocol, 'HTTP/1.1');
  for (const address of [inet4, embed(nsp, '203.0.113.10'), HOSTS.inet6.v6]) {
    for (const protocol of ['tcp', 'udp']) {
      const script = `exec 3<>/dev/${protocol}/${address}/7; echo hello-lab >&3; timeout 10 head -c 10 <&3`;
      expect(`${protocol} echo at ${address}`, () => text('app', 'bash', '-c', script), 'hello-lab');
    }
  }
}

function checkErrors({ text }: Tools, expect: Expect): void {
  const connect = (host: HostName, address: string, port = 80) =>
    text(host, 'timeout', '5', 'bash', '-c', `exec 3<>/dev/tcp/${address}/${port}`);
  // The kernel ignores an ICMP error that comes back before connect() has let go of the socket, as it does over veth; the
  // SYN a second later gets another.
  const through = (fate: keyof typeof FATES4) => embed(WKP, FATES4[fate]);
  expect('closed port over IPv4', () => connect('dual', '1.2.3.4', 9), /Connection refused/);
  expect('closed port through the NAT64', () => connect('app', embed(WKP, '1.2.3.4'), 9), /Connection refused/);
  expect('closed port at inet6', () => connect('app', HOSTS.inet6.v6, 9), /Connection refused/);
  expect('unreachable over IPv4', () => connect('dual', FATES4.unreachable), /No route to host/);
  expect('unreachable through the CLAT', () => connect('clat', FATES4.unreachable), /unreachable|No route to host/);
  expect('unreachable through the NAT64', () => connect('app', through('unreachable')), /Network is unreachable/);
  expect('prohibited over IPv4', () => connect('dual', FATES4.prohibit), /No route to host/);
  expect('prohibited through the NAT64', () => connect('app', through('prohibit')), /Permission denied/);
  expect('silence over IPv4', () => connect('dual', FATES4.blackhole), '');
  expect('silence through the NAT64', () => connect('app', through('blackhole')), '');
  expect('no route over IPv4', () => connect('dual', FATES4.noroute), /Network is unreachable/);
  expect('no route through the NAT64', () => connect('app', through('noroute')), /Network is unreachable/);
  expect('no route over IPv6', () => connect('app', FATES6.unreachable), /Network is unreachable|No route to host/);
  expect('prohibited over IPv6', () => connect('app', FATES6.prohibit), /Permission denied/);
}
