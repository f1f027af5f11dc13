// The client programs as a table, and what each must see of a server reached over IPv4 or IPv6.
import type { ExecutionContext } from 'ava';
import { caFile } from './hosts.js';
import type { ClientResult } from './results.js';
import { HOSTS } from './settings.js';

type ClientProgram = `${'net' | 'tls' | 'http' | 'http2' | 'dgram'}-client.cjs` | 'fetch-client.mjs';
export type ClientName =
  | 'net'
  | 'tls'
  | 'http'
  | 'https'
  | 'http2'
  | 'fetch'
  | 'fetch by TLS'
  | 'dgram'
  | 'connected dgram';
/** A program and its arguments, for `runProgram`. */
export type ClientCall = [program: ClientProgram, args: string[]];

const url = (scheme: 'http' | 'https', target: string): string =>
  `${scheme}://${target.includes(':') ? `[${target}]` : target}/`;

/** Client → how it asks a target. */
export const CLIENTS: Readonly<Record<ClientName, (target: string) => ClientCall>> = {
  net: (target) => ['net-client.cjs', [target, '7']],
  tls: (target) => ['tls-client.cjs', [target, '443', caFile]],
  http: (target) => ['http-client.cjs', [url('http', target)]],
  https: (target) => ['http-client.cjs', [url('https', target), caFile]],
  http2: (target) => ['http2-client.cjs', [url('https', target), caFile]],
  fetch: (target) => ['fetch-client.mjs', [url('http', target)]],
  'fetch by TLS': (target) => ['fetch-client.mjs', [url('https', target)]],
  dgram: (target) => ['dgram-client.cjs', [target, '7']],
  'connected dgram': (target) => ['dgram-client.cjs', [target, '7', 'connected']],
};

export const isDatagram = (client: ClientName): boolean => client.endsWith('dgram');

/** Asserts that `result` of a client is what an IPv4 host would see of the server at `address`. */
export function seesIpv4(t: ExecutionContext, client: ClientName, result: ClientResult, address: string): void {
  t.is(result.error, undefined);
  t.is(result.seen?.server, address, 'the server that was meant');
  if (isDatagram(client)) {
    t.deepEqual(result.rinfo, { address, family: 'IPv4', port: 7 });
    t.is(result.localFamily, 'IPv4');
    if (client === 'connected dgram') t.deepEqual(result.remote, { address, family: 'IPv4', port: 7 });
  } else if (!client.startsWith('fetch')) {
    t.is(result.remoteAddress, address);
    t.is(result.remoteFamily, 'IPv4');
    t.regex(result.localAddress ?? '', /^\d+\.\d+\.\d+\.\d+$/);
    t.is(result.localFamily, 'IPv4');
  }
}

/** Asserts that a TCP client reached the IPv6-only server, and sees that it did. */
export function seesIpv6(t: ExecutionContext, client: ClientName, result: ClientResult): void {
  t.is(result.error, undefined);
  t.is(result.seen?.server, HOSTS.inet6.v6, 'native IPv6');
  if (!client.startsWith('fetch')) {
    t.is(result.remoteAddress, HOSTS.inet6.v6);
    t.is(result.remoteFamily, 'IPv6');
  }
}
