// The name servers: NSD and the odd responder as authorities on inet4; unbound and BIND as resolvers on gw.
import fs from 'node:fs';
import path from 'node:path';
import { startDaemon, stopDaemons } from './daemons.mjs';
import { AUTHORITY4, nspPrefix, ODD_AUTHORITY4, RESOLVERS, WKP } from './settings.mjs';
import { onHost, run, sleep, until } from './sh.mjs';
import { unsignedZones, zonesToSign } from './zones.mjs';

const ROOT_HINTS = `. 3600000 IN NS ns.example.org.\nns.example.org. 3600000 IN A ${AUTHORITY4}\n`;

/** Starts all of them; `dnsReady` waits for them. */
export function startDns(lab, nspLength) {
  fs.mkdirSync(lab.file('dns'), { recursive: true });
  fs.writeFileSync(lab.file('dns', 'root.hints'), ROOT_HINTS);
  const keys = writeZones(lab);
  startNsd(lab);
  startDaemon(lab, { name: 'odd-dns', host: 'inet4', argv: [process.execPath, odd(), ODD_AUTHORITY4, '53'] });
  writeAnchors(lab, keys);
  startUnbound(lab, 'unbound64', { dns64: WKP });
  startUnbound(lab, 'plain', {});
  startUnbound(lab, 'nsp64', { dns64: nspPrefix(nspLength) });
  startBind(lab, keys);
}

/** Has the DNS64 of the hosts hand out another prefix. */
export async function announcePrefix(lab, prefix) {
  await stopDaemons(lab, ['unbound64']);
  startUnbound(lab, 'unbound64', { dns64: prefix });
  await dnsReady(lab, ['unbound64']);
}

/** A name server that answers as `upstream` (of RESOLVERS) does, but late, at an address of its own. */
export async function startSlowDns(lab, name, address, upstream, delayMs) {
  const relay = path.join(import.meta.dirname, 'slow-dns.mjs');
  run(['ip', '-n', lab.ns('gw'), 'addr', 'replace', `${address}/128`, 'dev', 'lo', 'nodad']);
  const argv = [process.execPath, relay, address, RESOLVERS[upstream].v6, String(delayMs)];
  startDaemon(lab, { name, host: 'gw', argv });
  const listens = () => run(onHost(lab, 'gw', ['ss', '-Huln'])).includes(`[${address}]:53 `);
  if (!(await until(listens, { timeoutMs: 5000 }))) throw new Error(`${name} does not listen`);
}

const odd = () => path.join(import.meta.dirname, 'odd-dns.mjs');

/** Restarts the DNS64 that hands out the network-specific prefix, with a prefix of another length. */
export async function changeNspDns64(lab, nspLength) {
  await stopDaemons(lab, ['nsp64']);
  startUnbound(lab, 'nsp64', { dns64: nspPrefix(nspLength) });
  await dnsReady(lab, ['nsp64']);
}

/** Waits until each resolver answers a question that needs the authority. */
export async function dnsReady(lab, names = Object.keys(RESOLVERS)) {
  await Promise.all(
    names.map(async (name) => {
      const dig = ['dig', '+short', '+time=1', '+tries=1', `@${RESOLVERS[name].v6}`, 'v4.example.org', 'A'];
      const answers = () => run(onHost(lab, 'gw', dig), { allowFailure: true }).stdout.includes('1.2.3.4');
      if (!(await until(answers, { timeoutMs: 15_000 })))
        throw new Error(`${name} does not answer, see ${lab.file('logs')}`);
      await sleep(0);
    }),
  );
}

function writeZones(lab) {
  const dir = lab.file('dns');
  const keys = {};
  for (const [name, text] of Object.entries(unsignedZones())) fs.writeFileSync(zoneFile(lab, name), text);
  for (const [name, text] of Object.entries(zonesToSign())) {
    const plainFile = path.join(dir, `${name}.unsigned`);
    fs.writeFileSync(plainFile, text);
    // One combined key keeps it fast and is all that the tests need.
    const base = run(['dnssec-keygen', '-q', '-K', dir, '-a', 'ECDSAP256SHA256', '-f', 'KSK', name]).trim();
    const args = ['-q', '-S', '-z', '-K', dir, '-o', name, '-d', dir, '-f', zoneFile(lab, name), plainFile];
    run(['dnssec-signzone', ...args]);
    const record = fs.readFileSync(path.join(dir, `${base}.key`), 'utf8').match(/DNSKEY (257 3 13) (.+)/);
    keys[name] = record[2].replace(/\s/g, '');
  }
  // The bogus zone's anchor is the other zone's key: it validates nothing there.
  return { 'signed.example.org': keys['signed.example.org'], 'bogus.example.org': keys['signed.example.org'] };
}

const zoneFile = (lab, name) => lab.file('dns', `${name === '.' ? 'root' : name}.zone`);

function startNsd(lab) {
  const names = [...Object.keys(unsignedZones()), ...Object.keys(zonesToSign())];
  const conf = `
server:
  ip-address: ${AUTHORITY4}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "${lab.file('dns')}"
  database: ""
  zonelistfile: "${lab.file('dns', 'nsd.list')}"
  xfrdfile: "${lab.file('dns', 'nsd.xfrd')}"
  xfrdir: "${lab.file('dns')}"
  pidfile: "${lab.file('dns', 'nsd.pid')}"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${names.map((name) => `zone:\n  name: "${name}"\n  zonefile: "${zoneFile(lab, name)}"\n`).join('')}`;
  fs.writeFileSync(lab.file('nsd.conf'), conf);
  startDaemon(lab, { name: 'nsd', host: 'inet4', argv: ['nsd', '-d', '-c', lab.file('nsd.conf')] });
}

function writeAnchors(lab, keys) {
  const lines = Object.entries(keys).map(([name, key]) => `${name}. IN DNSKEY 257 3 13 ${key}`);
  fs.writeFileSync(lab.file('dns', 'anchors.key'), `${lines.join('\n')}\n`);
}

function startUnbound(lab, name, { dns64 }) {
  const { v6, v4 } = RESOLVERS[name];
  // unbound answers these itself unless told that they are real here.
  const nodefault = ['10.in-addr.arpa', '168.192.in-addr.arpa', '2.0.192.in-addr.arpa', '100.51.198.in-addr.arpa'];
  nodefault.push('113.0.203.in-addr.arpa', '8.b.d.0.1.0.0.2.ip6.arpa');
  const conf = `
server:
  interface: ${v6}
  ${v4 ? `interface: ${v4}` : ''}
  access-control: ::/0 allow
  access-control: 0.0.0.0/0 allow
  username: ""
  chroot: ""
  directory: "${lab.file('dns')}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  num-threads: 1
  root-hints: "${lab.file('dns', 'root.hints')}"
  trust-anchor-file: "${lab.file('dns', 'anchors.key')}"
  module-config: "${dns64 ? 'dns64 ' : ''}validator iterator"
  ${dns64 ? `dns64-prefix: ${dns64}` : ''}
${nodefault.map((zone) => `  local-zone: "${zone}." nodefault`).join('\n')}
remote-control:
  control-enable: no
`;
  fs.writeFileSync(lab.file(`${name}.conf`), conf);
  startDaemon(lab, { name, host: 'gw', argv: ['unbound', '-d', '-p', '-c', lab.file(`${name}.conf`)] });
}

function startBind(lab, keys) {
  const view = (name, extra) => `
view "${name}" {
  match-destinations { ${RESOLVERS[name].v6}; };
  zone "." { type hint; file "${lab.file('dns', 'root.hints')}"; };
  dns64 ${WKP} { clients { any; }; ${extra} };
};`;
  const anchors = Object.entries(keys).map(([name, key]) => `  ${name}. static-key 257 3 13 "${key}";`);
  const conf = `
options {
  directory "${lab.file('dns')}";
  pid-file none;
  lock-file none;
  session-keyfile "${lab.file('dns', 'session.key')}";
  managed-keys-directory "${lab.file('dns')}";
  listen-on { none; };
  listen-on-v6 { ${RESOLVERS.bind64.v6}; ${RESOLVERS.bind64break.v6}; };
  allow-query { any; };
  allow-recursion { any; };
  recursion yes;
  dnssec-validation yes;
  empty-zones-enable no;
};
controls { };
trust-anchors {
${anchors.join('\n')}
};
${view('bind64', '')}
${view('bind64break', 'break-dnssec yes;')}
`;
  fs.writeFileSync(lab.file('named.conf'), conf);
  startDaemon(lab, { name: 'bind64', host: 'gw', argv: ['named', '-g', '-n', '1', '-c', lab.file('named.conf')] });
}
