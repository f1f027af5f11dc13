import { isIPv4, isIPv6 } from 'node:net';
import { V6OnlyError } from '../report/errors';
import { MAPPED } from './mapped';

const DNS_PORT = 53;

/** A name server in the program's terms. */
export interface ServerAddress {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/** The endpoint to which queries to a name server are sent: always IPv6. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * Returns the IPv6 address by which to reach an IPv4 name server: its NAT64 address, or `::ffff:a.b.c.d` if the kernel
 * has an IPv4 route. Undefined while no prefix is known.
 */
export type ToServerAddress = (ipv4: string) => string | undefined;

/**
 * Reads the forms that `dns.setServers` accepts: `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`.
 * Undefined for any other text.
 * @param minPort 0 for an address to listen on, where it means any port
 */
export function readServer(text: string, minPort: 0 | 1 = 1): ServerAddress | undefined {
  const [, bracketed, bracketPort] = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ?? [];
  const [, dotted, dottedPort] = /^([\d.]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? dotted ?? text;
  const port = Number(bracketPort ?? dottedPort ?? DNS_PORT);
  if (port < minPort || port > 0xffff) return undefined;
  if (isIPv6(address)) return { address, family: 6, port };
  return isIPv4(address) && bracketed === undefined ? { address, family: 4, port } : undefined;
}

/** The same. @throws V6OnlyError V6ONLY_INVALID_OPTION */
export function parseServer(text: string, minPort?: 0 | 1): ServerAddress {
  const server = readServer(text, minPort);
  if (server !== undefined) return server;
  throw new V6OnlyError(
    'V6ONLY_INVALID_OPTION',
    `"${text}" is not the address of a name server`,
    'Write it as 2001:db8::53, [2001:db8::53]:5353, 192.0.2.53 or 192.0.2.53:5353',
  );
}

/** The form of `dns.getServers`: the port is omitted if it is 53. */
export function formatServer({ address, family, port }: ServerAddress): string {
  return port === DNS_PORT ? address : formatEndpoint({ address, family, port });
}

/** Where a server listens: always with its port. */
export function formatEndpoint({ address, family, port }: ServerAddress): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The endpoint of `server`, or undefined if it cannot be reached (yet). */
export function endpointOf(server: ServerAddress, toServerAddress: ToServerAddress): Endpoint | undefined {
  const { port } = server;
  if (server.family === 6) return { address: server.address, port };
  // The loopback needs no prefix: systemd-resolved listens on 127.0.0.53 on IPv6-only hosts too.
  const address = server.address.startsWith('127.') ? MAPPED + server.address : toServerAddress(server.address);
  return address === undefined ? undefined : { address, port };
}
