import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { promisify } from 'node:util';
import { beyond, CONTAINER, NEIGHBOURS, OUTSIDE4, OUTSIDE4_EMBEDDED, own4, WHO_PORT } from './beyond.js';
import { codeOf } from './errors.js';
import { ALL_KINDS, control, type Kind } from './host.js';
import { HOST6, listening } from './sockets.js';
import type { Check } from './suite.js';

// What a program sees on every kind of host is one table, of which each row is a test: what an IPv4 program does, and what
// comes of it on each kind. A cell is a word that the row's own function knows; '-' is where the row means nothing.

const COLUMNS: readonly (readonly Kind[])[] = [
  ['noinet', 'v6', 'lo4'],
  ['docker'],
  ['vpn'],
  ['egress', 'clat'],
  ['private', 'dual'],
  ['container'],
];

/** The kind of host that a check runs on. */
export const kindHere = process.env.V6ONLY_CHECK_HOST as Kind;

/** What is done, a word for each column, and what is demanded for a word. */
export type Row = readonly [what: string, cells: readonly string[], body: (word: string, kind: Kind) => unknown];

/**
 * Makes a check of each word in each row.
 * @param check from `suite`
 */
export function table(check: Check, rows: readonly Row[]): void {
  for (const [what, cells, body] of rows) {
    assert.equal(cells.length, COLUMNS.length, what);
    const kindsOf = new Map<string, Kind[]>();
    for (const [n, word] of cells.entries()) {
      if (word !== '-') kindsOf.set(word, [...(kindsOf.get(word) ?? []), ...(COLUMNS[n] ?? [])]);
    }
    // Without the hook a host has no pool.
    if (control) kindsOf.delete('pool');
    for (const [word, on] of kindsOf) check(`${what}: ${word}`, { on }, () => body(word, kindHere));
  }
}

/** All kinds but these. */
export const allBut = (...kinds: Kind[]): Kind[] => ALL_KINDS.filter((kind) => !kinds.includes(kind));

/** An address that the kernel has a route to. A CLAT has no neighbours. */
export const routed = (kind: Kind): string => NEIGHBOURS[kind][0] ?? OUTSIDE4;

/** The host that can connect to a kind's own IPv4 address: on `docker` it is the container. */
export const neighbourOf = (kind: Kind): string | undefined => (kind === 'docker' ? CONTAINER : undefined);

interface Connected {
  said?: string;
  remoteAddress?: string | undefined;
  remoteFamily?: string | undefined;
  localAddress?: string | undefined;
  error?: string | undefined;
}

/** Connects, to the servers of the second host by default, and tells what both ends see; `{ error }` where it fails. */
export async function connected(options: Omit<net.TcpNetConnectOpts, 'port'> & { port?: number }): Promise<Connected> {
  const socket = net.connect({ port: WHO_PORT, ...options });
  try {
    await once(socket, 'connect');
    const { remoteAddress, remoteFamily, localAddress } = socket;
    const [said] = await once(socket.setEncoding('utf8'), 'data');
    return { said, remoteAddress, remoteFamily, localAddress };
  } catch (error) {
    return { error: codeOf(error) };
  } finally {
    socket.destroy();
  }
}

/** Sends a datagram from a udp4 socket and tells who answered what; `{ error }` where the send fails. */
export async function answered(
  socket: dgram.Socket,
  address: string,
  port = WHO_PORT,
): Promise<{ said?: string; address?: string; family?: string; error?: string | undefined }> {
  const message = once(socket, 'message');
  message.catch(() => {});
  const error = await new Promise<Error | null>((resolve) => socket.send('x', port, address, resolve));
  if (error) return { error: codeOf(error) };
  const [said, rinfo] = await message;
  return { said: String(said), address: rinfo.address, family: rinfo.family };
}

type Bind = readonly [port: number, host?: string];

/** Makes a udp4 socket, binds it where `bind` says so, and closes it after `use`. */
export async function withUdp4<Result>(
  bind: Bind | undefined,
  use: (socket: dgram.Socket) => Result | Promise<Result>,
): Promise<Result> {
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
export async function withServer<Result>(
  listen: Bind,
  use: (port: number, server: net.Server) => Result | Promise<Result>,
): Promise<Result> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.end(String(socket.remoteAddress));
  });
  try {
    return await use(await listening(server, ...listen), server);
  } finally {
    server.close();
  }
}

/** A udp4 socket that says who its peer is. */
export function withUdpServer<Result>(
  bind: Bind,
  use: (port: number, socket: dgram.Socket) => Result | Promise<Result>,
): Promise<Result> {
  return withUdp4(bind, (socket) => {
    socket.on('message', (_, peer) => socket.send(peer.address, peer.port, peer.address));
    return use(socket.address().port, socket);
  });
}

const REFUSED = /^(ECONNREFUSED|ECONNRESET|EPIPE)$/;

/**
 * Who a datagram from beyond the NAT64 comes from, to a udp4 socket: where an IPv4 route leads to the address that it embeds,
 * another host may have that address and the same port.
 */
export const seenOverUdp = (kind: Kind): string =>
  ['egress', 'clat', 'private', 'dual', 'container'].includes(kind) ? OUTSIDE4_EMBEDDED : OUTSIDE4;

/** Demands that the host is heard or refused over IPv6 from `localAddress`, and who the program takes it for. */
export async function overIPv6(
  protocol: 'tcp' | 'udp',
  word: string,
  port: number,
  localAddress: string,
  seen = localAddress,
): Promise<void> {
  const result = await beyond(protocol, { host: HOST6, port, localAddress });
  if (word === 'heard') assert.deepEqual(result, { said: seen });
  else assert.match(result.error ?? `heard: ${result.said}`, REFUSED);
}

/** Demands that the host is heard over IPv4 by a neighbour. */
export async function overIPv4(protocol: 'tcp' | 'udp', kind: Kind, port: number): Promise<void> {
  const localAddress = routed(kind);
  const host = own4(kind).address;
  assert.deepEqual(await beyond(protocol, { host, port, localAddress }, neighbourOf(kind)), { said: localAddress });
}

/** What a script prints that runs on this host without the hook. */
export async function natively(script: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, V6ONLY: 'off' };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, ...args], { env });
  return stdout.trim();
}
