// A network that changes while a program runs on it: for programs on a host of host.sh, where this process is root.
// Its name servers are sockets of this very process, on port 53.
const { execFileSync } = require('node:child_process');
const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');
const packet = require('dns-packet');
const v6only = require('../../dist/index.js');

const NXDOMAIN = 3;
const soa = { mname: 'ns.arpa', rname: 'root.arpa', serial: 1, refresh: 60, retry: 60, expire: 60, minimum: 3600 };

/**
 * A name server on an address, [::1] by default. `network.records[name][type]` is its zone; `network.prefix` is what its DNS64 shows for ipv4only.arpa (a /96; undefined: NXDOMAIN, TTL one hour),
 * `network.delayMs` how long it takes, `network.silent` whether it answers at all; `network.asked` counts
 * the questions, `network.questions` names them.
 */
exports.nameServer = async function nameServer(network, address = '::1') {
  network.asked = 0;
  network.questions = [];
  const isIPv4 = net.isIPv4(address);
  // Plain sockets, not what the hook makes of them: it is the network that is played here.
  const server = dgram.createSocket(isIPv4 ? { type: 'udp4' } : { type: 'udp6', ipv6Only: true });
  server.on('message', (bytes, peer) => {
    network.asked++;
    const [{ name, type }] = packet.decode(bytes).questions;
    network.questions.push(`${name} ${type}`);
    if (network.silent) return;
    const reply = answerTo(packet.decode(bytes), network);
    setTimeout(() => server.send(reply, peer.port, peer.address), network.delayMs ?? 0).unref();
  });
  // An address of an AnyIP route is on no interface.
  fs.writeFileSync('/proc/sys/net/ipv6/ip_nonlocal_bind', '1');
  await new Promise((resolve) => server.bind(53, address, resolve));
  server.unref();
};

function answerTo(query, { prefix, records = {} }) {
  const [{ name, type }] = query.questions;
  const found =
    name.toLowerCase() === 'ipv4only.arpa' && type === 'AAAA' && prefix
      ? ['192.0.0.170', '192.0.0.171'].map((ipv4) => `${prefix.replace(/\/96$/, '')}${ipv4}`)
      : (records[name.toLowerCase()]?.[type] ?? []);
  const exists = found.length > 0 || records[name.toLowerCase()] !== undefined;
  return packet.encode({
    type: 'response',
    id: query.id,
    flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | (exists ? 0 : NXDOMAIN),
    questions: query.questions,
    answers: found.map((data) => ({ name, type, ttl: 3600, data })),
    authorities: found.length > 0 ? [] : [{ name: 'arpa', type: 'SOA', ttl: 3600, data: soa }],
  });
}

const ip = (...args) => execFileSync('ip', args);

/** Makes the NAT64 under a prefix one that works (its addresses are this host's), that refuses, or that is silent. */
exports.nat64 = function nat64(prefix, state) {
  ip('-6', 'route', 'flush', 'exact', prefix, 'table', 'all');
  // What is not routed otherwise goes to a router that is not there, and never answers.
  ip('neigh', 'replace', '2001:db8:1::1', 'lladdr', '02:00:00:00:00:01', 'dev', 'eth0', 'nud', 'permanent');
  if (state === 'works') ip('-6', 'route', 'add', 'local', prefix, 'dev', 'lo');
  else if (state === 'refuses') ip('-6', 'route', 'add', 'unreachable', prefix);
};

/** One connect: `connected`, an error code, or, where it may wait no longer than `giveUpMs`, `gave up`. */
exports.connect = function connect(host, port, giveUpMs) {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const timer =
      giveUpMs &&
      setTimeout(() => {
        socket.destroy();
        resolve('gave up');
      }, giveUpMs);
    const done = (result) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => done('connected'));
    socket.on('error', (error) => done(error.code));
  });
};

/** Does something each `everyMs` until it gives `wanted`; the results, each once in a row. */
exports.until = async function until(wanted, act, everyMs = 500, limitMs = 60_000) {
  const seen = [];
  for (const start = performance.now(); performance.now() - start < limitMs; ) {
    const result = await act();
    if (seen.at(-1) !== result) seen.push(result);
    if (result === wanted) break;
    await exports.sleep(everyMs);
  }
  return seen;
};

exports.sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The prefixes in use and where they come from, as `status()` says. */
exports.prefixes = () => {
  const { prefixes, origin } = v6only.status().nat64;
  return `${prefixes} (${origin})`;
};

/** A server on 0.0.0.0; its port. */
exports.server = () =>
  new Promise((resolve) => {
    const server = net.createServer((socket) => socket.on('error', () => {}).end());
    server.listen(0, '0.0.0.0', () => resolve(server.unref().address().port));
  });
exports.v6only = v6only;
