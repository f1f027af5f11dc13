// The servers and clients of the second host of host.sh. Started there by HOST_SECOND, by no hook and as plain Node.js.
// Everybody beyond the test host: a program tells by what it is answered who it reached, and by which family.
import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { CONTROL_PORT, type Deeds, DNS_PORT, INSIDE_PORT, INSIDE6, OUTSIDE, WEB_PORT, WHO_PORT } from './beyond.js';
import { codeOf } from './errors.js';
import { inRepository } from './paths.js';
import { answerTo } from './zone.js';

const forger = inRepository('test/support/forge.pl');

/** The IPv6 form of an IPv4 peer of a dual-stack socket is IPv4. */
const plain = (address: string | undefined) => address?.replace(/^::ffff:(?=\d+\.)/, '');

// TCP: says which address the client reached, and which it came from.
const ports = [
  [WHO_PORT, '::'],
  [INSIDE_PORT, INSIDE6],
] as const;
for (const [port, host] of ports) {
  const who = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.end(`${plain(socket.localAddress)} ${plain(socket.remoteAddress)}`);
  });
  await once(who.listen({ port, host }), 'listening');
}

// HTTP: in words, for the programs of README and docs/.
const web = http.createServer(({ socket }, response) => {
  const address = plain(socket.localAddress) ?? '';
  const isIPv4 = net.isIPv4(address) || address.startsWith('64:ff9b::');
  response.end(`hello from the ${isIPv4 ? 'IPv4' : 'IPv6'} Internet`);
});
await once(web.listen({ port: WEB_PORT, host: '::' }), 'listening');

// UDP: the same. A socket for each address, since the answer must come from the address that was asked.
for (const address of OUTSIDE) {
  await answering(address, WHO_PORT, (_, peer) => `${address} ${peer.address}`);
  await answering(address, DNS_PORT, (query) => answerTo(query, 'plain'));
}

async function answering(
  address: string,
  port: number,
  answer: (message: Buffer, peer: dgram.RemoteInfo) => string | Buffer | undefined,
): Promise<void> {
  const type = net.isIPv6(address) ? 'udp6' : 'udp4';
  const socket = dgram.createSocket({ type, ...(type === 'udp6' && { ipv6Only: true }) });
  socket.on('message', (message, peer) => {
    const text = answer(message, peer);
    if (text) socket.send(text, peer.port, peer.address);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
}

// What it is told to do: a line of JSON for each connection, answered by another.
type Async<Deed extends keyof Deeds> = (how: Parameters<Deeds[Deed]>[0]) => Promise<ReturnType<Deeds[Deed]>>;
const deeds: { [Deed in keyof Deeds]: Async<Deed> } = { tcp, udp, send, forge, join, limit, counters };

net
  .createServer((socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', async (chunk) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      const { deed, ...how } = JSON.parse(text) as { deed: keyof Deeds };
      const act = deeds[deed] as (how: object) => Promise<object>;
      const result = await act(how).catch((error) => ({ error: codeOf(error) ?? String(error) }));
      socket.end(JSON.stringify(result));
    });
  })
  .listen({ port: CONTROL_PORT, host: '::' });

/** Connects to the test host and resolves to what that said until it ended. */
async function tcp({ text = '', ...options }: Parameters<Deeds['tcp']>[0]) {
  const socket = net.connect({ ...options, allowHalfOpen: true });
  socket.setTimeout(8000, () => socket.destroy(Object.assign(new Error('silence'), { code: 'ETIMEDOUT' })));
  await once(socket, 'connect');
  socket.end(text);
  let said = '';
  for await (const chunk of socket.setEncoding('utf8')) said += chunk;
  return { said };
}

/** Sends a datagram from a connected socket, which hears of a closed port, and resolves to the answer. */
async function udp({ host, port, localAddress, localPort = 0, text = 'x' }: Parameters<Deeds['udp']>[0]) {
  const type = net.isIPv6(host) ? 'udp6' : 'udp4';
  const socket = dgram.createSocket({ type, reuseAddr: true });
  const timer = setTimeout(
    () => socket.emit('error', Object.assign(new Error('silence'), { code: 'ETIMEDOUT' })),
    8000,
  );
  try {
    socket.bind({ port: localPort, ...(localAddress !== undefined && { address: localAddress }) });
    await once(socket, 'listening');
    socket.connect(port, host);
    await once(socket, 'connect');
    socket.send(text);
    const [said] = await once(socket, 'message');
    return { said: String(said) };
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

/** Sends a datagram, to a group for example, and waits for nothing. */
async function send({ host, port, from, text }: Parameters<Deeds['send']>[0]) {
  const socket = dgram.createSocket({ type: net.isIPv6(host) ? 'udp6' : 'udp4' });
  socket.bind(0, from);
  await once(socket, 'listening');
  await new Promise<void>((resolve, reject) => {
    socket.send(text, port, host, (error) => (error ? reject(error) : resolve()));
  });
  socket.close();
  return {};
}

/** Sends raw IPv6 datagrams: see forge.pl. */
function forge({ from, to, port, text, count = 1 }: Parameters<Deeds['forge']>[0]) {
  return new Promise<object>((resolve, reject) => {
    execFile('perl', [forger, from, to, String(port), text, String(count)], (error, _stdout, stderr) =>
      error ? reject(new Error(stderr)) : resolve({}),
    );
  });
}

/** Joins groups, each on an interface by its address, and tells each datagram's sender by which group it was heard. */
async function join({ port, groups }: Parameters<Deeds['join']>[0]) {
  for (const [group, on] of groups) {
    const type = net.isIPv6(group) ? 'udp6' : 'udp4';
    const socket = dgram.createSocket({ type, reuseAddr: true, ...(type === 'udp6' && { ipv6Only: true }) });
    socket.bind(port, group);
    await once(socket, 'listening');
    // Without an interface it is a broadcast address, or one to which everybody listens.
    if (on) socket.addMembership(group.replace(/%.*/, ''), on);
    socket.on('message', (_, peer) => socket.send(group, peer.port, peer.address));
  }
  return {};
}

/** Limits the ICMP answers of this host. */
async function limit({ ms }: Parameters<Deeds['limit']>[0]) {
  writeFileSync('/proc/sys/net/ipv4/icmp_ratelimit', String(ms));
  return {};
}

/** Counters of this host's IPv4, by name: /proc/net/snmp. */
async function counters() {
  const lines = readFileSync('/proc/self/net/snmp', 'utf8').trim().split('\n');
  const result: Record<string, number> = {};
  for (let i = 0; i < lines.length; i += 2) {
    const [title, ...names] = (lines[i] ?? '').split(/\s+/);
    const [, ...values] = (lines[i + 1] ?? '').split(/\s+/);
    for (const [n, name] of names.entries()) result[`${title}${name}`] = Number(values[n]);
  }
  return result;
}
