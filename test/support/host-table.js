import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { promisify } from 'node:util';
import { beyond, CONTAINER, NEIGHBOURS, OUTSIDE4, OWN4, WHO_PORT } from './beyond.js';
import { ALL_KINDS, control } from './host.js';
import { HOST6, listening } from './sockets.js';

// What a program sees on every kind of host is one table, of which each row is a test: what an IPv4 program does, and what
// comes of it on each kind. A cell is a word that the row's own function knows; '-' is where the row means nothing.

const COLUMNS = [['noinet', 'v6', 'lo4'], ['docker'], ['vpn'], ['egress', 'clat'], ['private', 'dual'], ['container']];

/** The kind of host that a check runs on. */
export const kindHere = process.env.V6ONLY_CHECK_HOST;

/**
 * Makes a check of each word in each row.
 * @param check from `suite`
 * @param rows what is done, a word for each column, and `body(word, kind)`
 */
export function table(check, rows) {
  for (const [what, cells, body] of rows) {
    assert.equal(cells.length, COLUMNS.length, what);
    const kindsOf = new Map();
    for (const [n, word] of cells.entries()) {
      if (word !== '-') kindsOf.set(word, [...(kindsOf.get(word) ?? []), ...COLUMNS[n]]);
    }
    // Without the hook a host has no pool.
    if (control) kindsOf.delete('pool');
    for (const [word, on] of kindsOf) check(`${what}: ${word}`, { on }, () => body(word, kindHere));
  }
}

/** All kinds but these. */
export const allBut = (...kinds) => ALL_KINDS.filter((kind) => !kinds.includes(kind));

/** An address that the kernel has a route to. A CLAT has no neighbours. */
export const routed = (kind) => NEIGHBOURS[kind][0] ?? OUTSIDE4;

/** The host that can connect to a kind's own IPv4 address: on `docker` it is the container. */
export const neighbourOf = (kind) => (kind === 'docker' ? CONTAINER : undefined);

/** Connects, to the servers of the second host by default, and tells what both ends see; `{ error }` where it fails. */
export async function connected(options) {
  const socket = net.connect({ port: WHO_PORT, ...options });
  try {
    await once(socket, 'connect');
    const { remoteAddress, remoteFamily, localAddress } = socket;
    const [said] = await once(socket.setEncoding('utf8'), 'data');
    return { said, remoteAddress, remoteFamily, localAddress };
  } catch (error) {
    return { error: error.code };
  } finally {
    socket.destroy();
  }
}

/** Sends a datagram from a udp4 socket and tells who answered what; `{ error }` where the send fails. */
export async function answered(socket, address, port = WHO_PORT) {
  const message = once(socket, 'message');
  message.catch(() => {});
  const error = await new Promise((resolve) => socket.send('x', port, address, resolve));
  if (error) return { error: error.code };
  const [said, rinfo] = await message;
  return { said: String(said), address: rinfo.address, family: rinfo.family };
}

/** Makes a udp4 socket, binds it where `bind` says so, and closes it after `use`. */
export async function withUdp4(bind, use) {
  const socket = dgram.createSocket('udp4');
  try {
    if (bind) {
      socket.bind(...bind);
      await once(socket, 'listening');
    }
    return await use(socket);
  } finally {
    socket.close();
  }
}

/** A TCP server that says who its client is. */
export async function withServer(listen, use) {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.end(socket.remoteAddress);
  });
  try {
    return await use(await listening(server, ...listen), server);
  } finally {
    server.close();
  }
}

/** A udp4 socket that says who its peer is. */
export function withUdpServer(bind, use) {
  return withUdp4(bind, (socket) => {
    socket.on('message', (_, peer) => socket.send(peer.address, peer.port, peer.address));
    return use(socket.address().port, socket);
  });
}

const REFUSED = /^(ECONNREFUSED|ECONNRESET|EPIPE)$/;

/** Demands that the host is heard or refused over IPv6 from `localAddress`, and who the program takes it for. */
export async function overIPv6(protocol, word, port, localAddress, seen = localAddress) {
  const result = await beyond(protocol, { host: HOST6, port, localAddress });
  if (word === 'heard') assert.deepEqual(result, { said: seen });
  else assert.match(result.error ?? `heard: ${result.said}`, REFUSED);
}

/** Demands that the host is heard over IPv4 by a neighbour. */
export async function overIPv4(protocol, kind, port) {
  const localAddress = routed(kind);
  const host = OWN4[kind].address;
  assert.deepEqual(await beyond(protocol, { host, port, localAddress }, neighbourOf(kind)), { said: localAddress });
}

/** What a script prints that runs on this host without the hook. */
export async function natively(script, ...args) {
  const env = { PATH: process.env.PATH, V6ONLY: 'off' };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, ...args], { env });
  return stdout.trim();
}
