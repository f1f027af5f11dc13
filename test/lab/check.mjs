// `lab check`: proves each piece of the lab with ordinary clients (dig, curl, bash), without v6only.

import { checkNames } from './check-names.mjs';
import { embed } from './embed.mjs';
import { mappedAddress } from './nat64.mjs';
import { caFile } from './servers.mjs';
import { FATES4, FATES6, HOSTS, INTERNET4, nspPrefix, RESOLVERS, WKP } from './settings.mjs';
import { onHost, run } from './sh.mjs';
import { readState } from './state.mjs';

/** What TAYGA 0.9.2 takes through the well-known prefix: not the documentation, benchmark and private ranges. */
const THROUGH_WKP = ['1.2.3.4', '192.31.196.10', '100.64.9.10'];

/** Runs all checks; prints a line for each failure and the count; true when none failed. */
export async function check(lab) {
  const state = readState(lab);
  if (!state) throw new Error('the lab is not up: npm run lab -- up');
  const tally = { passed: 0, failed: 0 };
  /** `actual` is a function: a check that throws has failed. */
  const expect = (what, actual, wanted) => {
    let value;
    try {
      value = actual();
    } catch (error) {
      value = error.message;
    }
    const ok = wanted instanceof RegExp ? wanted.test(String(value)) : JSON.stringify(value) === JSON.stringify(wanted);
    if (!ok)
      console.log(
        `FAILED ${what}: got ${JSON.stringify(value)}, expected ${wanted instanceof RegExp ? wanted : JSON.stringify(wanted)}`,
      );
    tally[ok ? 'passed' : 'failed'] += 1;
  };
  const nsp = nspPrefix(state.nspLength);
  checkHosts(lab, expect);
  checkPaths(lab, expect, nsp);
  checkServers(lab, expect, nsp);
  checkErrors(lab, expect);
  checkNames(lab, expect, nsp);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0;
}

function tools(lab) {
  return {
    /** What the server saw, or curl's own error text. */
    curl: (host, ...args) => {
      const result = run(onHost(lab, host, ['curl', '-sS', '-m', '5', ...args]), { allowFailure: true });
      return result.status === 0 ? JSON.parse(result.stdout) : result.stderr.trim();
    },
    text: (host, ...argv) => {
      const { stdout, stderr } = run(onHost(lab, host, argv), { allowFailure: true });
      return (stdout + stderr).trim();
    },
  };
}

function checkHosts(lab, expect) {
  const { text } = tools(lab);
  for (const host of ['app', 'app0', 'inet6']) {
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
  for (const host of ['app', 'app0', 'typical', 'dual', 'clat']) {
    expect(`${host} reaches inet6`, () => tools(lab).curl(host, `http://[${HOSTS.inet6.v6}]/`).client, HOSTS[host].v6);
    const wanted = `nameserver ${RESOLVERS[HOSTS[host].resolver].v6}`;
    expect(`${host} has its resolver`, () => text(host, 'grep', 'nameserver', '/etc/resolv.conf'), wanted);
  }
}

function checkPaths(lab, expect, nsp) {
  const { curl, text } = tools(lab);
  for (const host of ['app', 'app0', 'typical']) {
    for (const [which, prefix] of [
      ['nat64', WKP],
      ['nsp', nsp],
    ]) {
      const seen = () => curl(host, `http://[${embed(prefix, '1.2.3.4')}]/`);
      expect(`${host} through ${prefix}`, () => [seen().host, seen().client], ['inet4', mappedAddress(which, host)]);
    }
  }
  for (const address of INTERNET4) {
    expect(`${address} through ${nsp}`, () => curl('app', `http://[${embed(nsp, address)}]/`).server, address);
    const wanted = THROUGH_WKP.includes(address) ? address : undefined;
    expect(`${address} through ${WKP}`, () => curl('app', `http://[${embed(WKP, address)}]/`).server, wanted);
    expect(`${address} from dual over IPv4`, () => curl('dual', `http://${address}/`).client, HOSTS.dual.v4);
  }
  expect('the CLAT carries IPv4', () => curl('clat', 'http://1.2.3.4/').client, /^192\.168\.255\./);
  expect('the CLAT host keeps native IPv6', () => curl('clat', 'http://v6.example.org/').client, HOSTS.clat.v6);
  expect('a name of curl through DNS64 and NAT64', () => curl('app', 'http://v4.example.org/').host, 'inet4');
  expect('the same without DNS64 fails', () => curl('app0', 'http://v4.example.org/'), /resolve host|Couldn't connect/);
  // Each NAT64 has static maps, so that IPv4 clients reach a host inside.
  expect('IPv4 clients reach app by its mapped addresses', () => inbound(text), [
    '64:ff9b::102:304',
    embed(nsp, '1.2.3.4'),
  ]);
}

/** Starts a server in app for one second and asks it from inet4 through both NAT64. */
function inbound(text) {
  const program =
    'net=require("net");net.createServer(s=>s.end(s.remoteAddress)).listen(8099,"::");setTimeout(()=>process.exit(),2500)';
  const pid = text('app', 'sh', '-c', `"$1" -e '${program}' >/dev/null 2>&1 & echo $!`, 'sh', process.execPath);
  const ask = (address) => {
    const argv = [
      'curl',
      '-s',
      '-m',
      '2',
      '--retry',
      '8',
      '--retry-connrefused',
      '--retry-delay',
      '1',
      '--interface',
      '1.2.3.4',
    ];
    return text('inet4', ...argv, '--http0.9', `http://${address}:8099/`);
  };
  const answers = [ask(mappedAddress('nat64', 'app')), ask(mappedAddress('nsp', 'app'))];
  if (Number(pid)) process.kill(Number(pid));
  return answers;
}

function checkServers(lab, expect, nsp) {
  const { curl, text } = tools(lab);
  const ca = ['--cacert', caFile(lab)];
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
      const script = `exec 3<>/dev/${protocol}/${address}/7; echo hello-lab >&3; timeout 2 head -c 10 <&3`;
      expect(`${protocol} echo at ${address}`, () => text('app', 'bash', '-c', script), 'hello-lab');
    }
  }
}

function checkErrors(lab, expect) {
  const { text } = tools(lab);
  const connect = (host, address, port = 80) =>
    text(host, 'timeout', '3', 'bash', '-c', `exec 3<>/dev/tcp/${address}/${port}`);
  // The kernel ignores an ICMP error that comes back before connect() has let go of the socket, as it does over veth; the
  // SYN a second later gets another.
  const through = (fate) => embed(WKP, FATES4[fate]);
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
