import type dgram from 'node:dgram';
import { type EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import type { Failure } from './errors.js';
import { inRepository } from './paths.js';

/** An IPv4 address of every test host itself (beyond the NAT64 where the host has no IPv4): see host.sh. */
export const HOST4 = '203.0.113.7';
/** How the kernel knows it on a host without IPv4. */
export const HOST4_EMBEDDED = '64:ff9b::cb00:7107';
/** The IPv6 address of every test host. */
export const HOST6 = '2001:db8:1::2';
/** Another address of every test host, for a client that plays a peer from elsewhere. */
export const PEER6 = '2001:db8:2::9';
/** An address of the Internet: reaches the host's own servers, but on `dual`, where it leads nowhere. */
export const ELSEWHERE4 = '192.0.2.80';

/** A key, and a certificate for it that names the addresses 203.0.113.7 and 127.0.0.1 and secure.example.org. */
export const tlsIdentity = {
  key: readFileSync(inRepository('test/support/tls/key.pem')),
  cert: readFileSync(inRepository('test/support/tls/cert.pem')),
};

/** What `listen` and `bind` take first: a port, or all of it. */
type Where<Options> = [] | [port: number, host?: string | undefined] | [options: Options];

/** Listens, on a free port of 0.0.0.0 by default, and resolves to the port. */
export async function listening(server: net.Server, ...where: Where<net.ListenOptions>): Promise<number> {
  server.listen(...((where.length > 0 ? where : [0, '0.0.0.0']) as Parameters<typeof server.listen>));
  await once(server, 'listening');
  return portOf(server);
}

/** The port of a server that listens on one. */
export const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port;

/** Binds a datagram socket and resolves to its port. */
export async function bound(socket: dgram.Socket, ...where: Where<dgram.BindOptions>): Promise<number> {
  socket.bind(...(where as Parameters<typeof socket.bind>));
  await once(socket, 'listening');
  return socket.address().port;
}

/** Resolves to the first error that something emits. */
export function errorOf(emitter: EventEmitter): Promise<Failure> {
  return new Promise((resolve) => emitter.once('error', resolve));
}

export type EchoServer = net.Server & { last?: net.Socket };

/** A server on `host` that sends back what it gets, and the socket of its last client. */
export async function echoServer(host = '0.0.0.0'): Promise<{ server: EchoServer; port: number }> {
  const server: EchoServer = net.createServer((socket) => {
    server.last = socket;
    socket.pipe(socket);
    socket.on('error', () => {});
  });
  const port = await listening(server, 0, host);
  return { server, port };
}

/** Connects to `port` at `host`, sends `text`, and resolves to what came back once the other side has ended. */
export async function exchange(options: net.NetConnectOpts, text = 'ping'): Promise<string> {
  const socket = net.connect(options);
  await once(socket, 'connect');
  socket.end(text);
  let back = '';
  for await (const chunk of socket.setEncoding('utf8')) back += chunk;
  return back;
}

/** Where a server listens. */
export const addressOf = (server: net.Server): net.AddressInfo => server.address() as net.AddressInfo;

/** Sends a datagram, and resolves to what is said of it: null where it went out. */
export function sent(socket: dgram.Socket, text: string, port: number, host: string): Promise<Failure | null> {
  return new Promise((resolve) => socket.send(text, port, host, (error) => resolve(error as Failure | null)));
}

/** The host's own IPv4 address, as programs look for it. */
export function ownAddress(interfaceName = 'eth0'): string {
  const own = os.networkInterfaces()[interfaceName]?.find(({ family }) => family === 'IPv4');
  return own?.address ?? 'none';
}
