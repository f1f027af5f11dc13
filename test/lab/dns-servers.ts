// The name servers: NSD and the odd responder as authorities on inet4; unbound and BIND as resolvers on gw.
import fs from 'node:fs';
import path from 'node:path';
import { startDaemon, stopDaemons } from './daemons.js';
import {
  AUTHORITY4,
  type Lab,
  type NspLength,
  nameServer,
  nspPrefix,
  ODD_AUTHORITY4,
  RESOLVER_NAMES,
  RESOLVERS,
  type ResolverName,
  WKP,
} from './settings.js';
import { onHost, ready, run, tryRun } from './sh.js';
import { entriesOf, keysOf } from './tables.js';
import { unsignedZones, zonesToSign } from './zones.js';

const ROOT_HINTS = `. 3600000 IN NS ns.example.org.\nns.example.org. 3600000 IN A ${AUTHORITY4}\n`;

/** Starts all of them; `dnsReady` waits for them. */
export function startDns(lab: Lab, nspLength: NspLength): void {
  fs.mkdirSync(lab.file('dns'), { recursive: true });
  fs.writeFileSync(lab.file('dns', 'root.hints'), ROOT_HINTS);
  const keys = writeZones(lab);
  startNsd(lab);
  startDaemon(lab, { name: 'odd-dns', host: 'inet4', argv: [process.execPath, odd(), ODD_AUTHORITY4, '53'] });
  writeAnchors(lab, keys);
  startUnbound(lab, 'unbound64', WKP);
  startUnbound(lab, 'plain');
  startUnbound(lab, 'nsp64', nspPrefix(nspLength));
  startBind(lab, keys);
}

/** Has the DNS64 of the hosts hand out another prefix. */
export async function announcePrefix(lab: Lab, prefix: string): Promise<void> {
  await stopDaemons(lab, ['unbound64']);
  startUnbound(lab, 'unbound64', prefix);
  await dnsReady(lab, ['unbound64']);
}

/** A name server that answers as `upstream` (of RESOLVERS) does, but late, at an address of its own. */
export async function startSlowDns(
  lab: Lab,
  name: 'slow-app' | 'slow-dual',
  address: string,
  upstream: ResolverName,
  delayMs: number,
): Promise<void> {
  const relay = path.join(import.meta.dirname, 'slow-dns.js');
  run(['ip', '-n', lab.ns('gw'), 'addr', 'replace', `${address}/128`, 'dev', 'lo', 'nodad']);
  const argv = [process.execPath, relay, address, RESOLVERS[upstream].v6, String(delayMs)];
  startDaemon(lab, { name, host: 'gw', argv });
  const listens = () => run(onHost(lab, 'gw', ['ss', '-Huln'])).includes(`[${address}]:53 `);
  await ready(listens, () => `${name} does not listen`);
}

const odd = () => path.join(import.meta.dirname, 'odd-dns.js');

/** Restarts the DNS64 that hands out the network-specific prefix, with a prefix of another length. */
export async function changeNspDns64(lab: Lab, nspLength: NspLength): Promise<void> {
  await stopDaemons(lab, ['nsp64']);
  startUnbound(lab, 'nsp64', nspPrefix(nspLength));
  await dnsReady(lab, ['nsp64']);
}

/** Waits until each resolver answers a question that needs the authority. */
export async function dnsReady(lab: Lab, names: readonly ResolverName[] = RESOLVER_NAMES): Promise<void> {
  for (const name of names) {
    const dig = ['dig', '+short', '+time=1', '+tries=1', `@${RESOLVERS[name].v6}`, 'v4.example.org', 'A'];
    const answers = () => tryRun(onHost(lab, 'gw', dig)).stdout.includes('1.2.3.4');
    await ready(answers, () => `${name} does not answer, see ${lab.file('logs')}`);
  }
}

/** The trust anchors: signed zone → key. */
type Anchors = Record<keyof ReturnType<typeof zonesToSign>, string>;

function writeZones(lab: Lab): Anchors {
  for (const [name, text] of entriesOf(unsignedZones())) fs.writeFileSync(zoneFile(lab, name), text);
  const zones = zonesToSign();
  const key = sign(lab, 'signed.example.org', zones['signed.example.org']);
  sign(lab, 'bogus.example.org', zones['bogus.example.org']);
  // The bogus zone's anchor is the other zone's key: it validates nothing there.
  return { 'signed.example.org': key, 'bogus.example.org': key };
}

/** Writes a zone, signed, and returns its key. */
function sign(lab: Lab, name: string, text: string): string {
  const dir = lab.file('dns');
  const plainFile = path.join(dir, `${name}.unsigned`);
  fs.writeFileSync(plainFile, text);
  // One combined key keeps it fast and is all that the tests need.
  const base = run(['dnssec-keygen', '-q', '-K', dir, '-a', 'ECDSAP256SHA256', '-f', 'KSK', name]).trim();
  const args = ['-q', '-S', '-z', '-K', dir, '-o', name, '-d', dir, '-f', zoneFile(lab, name), plainFile];
  run(['dnssec-signzone', ...args]);
  const file = path.join(dir, `${base}.key`);
  const [, key] = /DNSKEY 257 3 13 (.+)/.exec(fs.readFileSync(file, 'utf8')) ?? [];
  if (key === undefined) throw new Error(`${file}: no key of the kind that was asked for`);
  return key.replace(/\s/g, '');
}

const zoneFile = (lab: Lab, name: string): string => lab.file('dns', `${name === '.' ? 'root' : name}.zone`);

function startNsd(lab: Lab): void {
  const names = [...keysOf(unsignedZones()), ...keysOf(zonesToSign())];
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

function writeAnchors(lab: Lab, keys: Anchors): void {
  const lines = entriesOf(keys).map(([name, key]) => `${name}. IN DNSKEY 257 3 13 ${key}`);
  fs.writeFileSync(lab.file('dns', 'anchors.key'), `${lines.join('\n')}\n`);
}

/** @param dns64 the prefix that it synthesizes with */
function startUnbound(lab: Lab, name: 'unbound64' | 'plain' | 'nsp64', dns64?: string): void {
  const { v6, v4 } = nameServer(name);
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

function startBind(lab: Lab, keys: Anchors): void {
  const view = (name: 'bind64' | 'bind64break', extra: string) => `
view "${name}" {
  match-destinations { ${RESOLVERS[name].v6}; };
  zone "." { type hint; file "${lab.file('dns', 'root.hints')}"; };
  dns64 ${WKP} { clients { any; }; ${extra} };
};`;
  const anchors = entriesOf(keys).map(([name, key]) => `  ${name}. static-key 257 3 13 "${key}";`);
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
