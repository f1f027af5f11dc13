import { once } from 'node:events';
import net from 'node:net';
import type { Kind } from './host.js';

/** The second host, of host.sh: who is there, and how a test tells it what to do. second-host.ts runs there. */
export const WHO_PORT = 7;
export const DNS_PORT = 53;
export const WEB_PORT = 80;
export const CONTROL_PORT = 1009;

/** A host of the IPv4 Internet, and its address beyond the NAT64. */
export const OUTSIDE4 = '192.0.2.80';
export const OUTSIDE4_EMBEDDED = '64:ff9b::c000:250';
/** A host of the IPv6 Internet. */
export const OUTSIDE6 = '2001:db8:9::9';
/** Of 6to4 (RFC 3056): a filter denies it, but it may be anybody's. */
export const SIX_TO_FOUR = '2002:c000:250::9';
/** A host inside, with a private IPv6 address, and the one port that is open there alone. */
export const INSIDE6 = 'fd12:3456::7';
export const INSIDE_PORT = 8;
/** The router of every test host, which is the second host too. */
export const ROUTER6 = '2001:db8:1::1';

/** Kind → the IPv4 addresses that it has a route to, but for 192.0.2.80. The first is a neighbour. */
export const NEIGHBOURS: Readonly<Record<Kind, readonly string[]>> = {
  noinet: [],
  v6: [],
  lo4: [],
  docker: ['172.17.0.2'],
  vpn: ['10.8.0.1'],
  egress: ['169.254.172.1'],
  clat: [],
  private: ['172.19.0.1'],
  dual: ['198.51.100.1'],
  container: ['172.18.0.3'],
};

interface Own4 {
  readonly address: string;
  readonly interfaceName: string;
}

/** Kind → its own IPv4 address that others know, as `ip` shows it, and the interface. */
export const OWN4 = {
  docker: { address: '172.17.0.1', interfaceName: 'docker0' },
  vpn: { address: '10.8.0.2', interfaceName: 'tun0' },
  egress: { address: '169.254.172.5', interfaceName: 'v4if0' },
  clat: { address: '192.0.0.1', interfaceName: 'clat' },
  private: { address: '172.19.0.2', interfaceName: 'eth0' },
  dual: { address: '198.51.100.2', interfaceName: 'eth0' },
  container: { address: '172.18.0.2', interfaceName: 'eth0' },
};

/** The same for a kind that has one. */
export function own4(kind: Kind): Own4 {
  const own: Partial<Record<Kind, Own4>> = OWN4;
  const found = own[kind];
  if (found === undefined) throw new Error(`${kind} has no IPv4 address that others know`);
  return found;
}

/** The addresses at which the second host's UDP servers answer. */
export const OUTSIDE = [
  OUTSIDE4,
  OUTSIDE4_EMBEDDED,
  OUTSIDE6,
  ROUTER6,
  INSIDE6,
  SIX_TO_FOUR,
  'fd00:ec2::254',
  '2001:db8:6::1',
  '64:ff9b:1::a00:1',
  ...Object.values(NEIGHBOURS).flat(),
];

/** Where the container of `docker` is told. */
export const CONTAINER = '172.17.0.2';

/** What the second host can do, with what it is told and what comes of it: see second-host.ts. */
export interface Deeds {
  /** Connects to the test host and tells what that said until it ended. */
  tcp(how: net.TcpNetConnectOpts & { text?: string }): { said: string };
  /** Sends a datagram from a connected socket, which hears of a closed port, and tells the answer. */
  udp(how: { host: string; port: number; localAddress?: string | undefined; localPort?: number; text?: string }): {
    said: string;
  };
  /** Sends a datagram, to a group for example, and waits for nothing. */
  send(how: { host: string; port: number; from?: string; text: string }): object;
  /** Sends raw IPv6 datagrams: see forge.pl. */
  forge(how: { from: string; to: string; port: number; text: string; count?: number }): object;
  /** Joins groups, each on an interface by its address, and tells each datagram's sender by which group it was heard. */
  join(how: { port: number; groups: readonly (readonly [group: string, on?: string])[] }): object;
  /** Limits its ICMP answers, as Linux does by default with 1000 ms: net.ipv4.icmp_ratelimit. */
  limit(how: { ms: number }): object;
  /** Counters of its IPv4, by name: /proc/net/snmp. */
  counters(how: object): Record<string, number>;
}

/** What came of it, or why it failed. */
export type Done<Result> =
  | (Result & { error?: undefined })
  | ({ [Key in keyof Result]?: undefined } & { error: string });

/**
 * Has the second host do something.
 * @param at another host than the router: CONTAINER
 */
export async function beyond<Deed extends keyof Deeds>(
  deed: Deed,
  how: Parameters<Deeds[Deed]>[0],
  at = ROUTER6,
): Promise<Done<ReturnType<Deeds[Deed]>>> {
  const socket = await reached(at);
  socket.write(`${JSON.stringify({ deed, ...how })}\n`);
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}

/** Waits until the second host's servers listen. */
export async function beyondIsUp(kind: Kind): Promise<void> {
  await beyond('counters', {});
  if (kind === 'docker') await beyond('counters', {}, CONTAINER);
}

// Its program starts at the same time as the test, so that it may not listen yet.
async function reached(host: string): Promise<net.Socket> {
  for (let attempt = 0; ; attempt++) {
    const socket = net.connect({ host, port: CONTROL_PORT });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
