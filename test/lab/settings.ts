// The plan of the lab: every host, address and prefix, and where its state is kept. Nothing here touches the system.
import os from 'node:os';
import path from 'node:path';
import { inRepository } from '../support/paths.js';
import { keysOf } from './tables.js';

/** The preload that is tested: ours, or that of another build (an installed package, say). */
export const REGISTER = process.env.V6ONLY_LAB_REGISTER ?? inRepository('register.js');

/** The name servers on gw. `plain` has an IPv4 address too, one that passes a NAT64 with the well-known prefix. */
export const RESOLVERS = {
  /** unbound, DNS64 with the well-known prefix. */
  unbound64: { v6: '2001:db8:53::1' },
  /** BIND, DNS64 with the well-known prefix. */
  bind64: { v6: '2001:db8:53::2' },
  /** unbound without DNS64. */
  plain: { v6: '2001:db8:53::3', v4: '1.2.3.53' },
  /** unbound, DNS64 with the network-specific prefix. */
  nsp64: { v6: '2001:db8:53::4' },
  /** BIND, DNS64 with break-dnssec. */
  bind64break: { v6: '2001:db8:53::5' },
} as const satisfies Record<string, NameServer>;

interface NameServer {
  readonly v6: string;
  readonly v4?: string;
}
export type ResolverName = keyof typeof RESOLVERS;
export const RESOLVER_NAMES = keysOf(RESOLVERS);
export const nameServer = (name: ResolverName): NameServer => RESOLVERS[name];

/** A host as it is planned. */
export interface Host {
  /** What IPv4 it has: `none` (not even 127.0.0.1), `loopback` (as most IPv6-only hosts), `dual` or `only` (no IPv6 at all). */
  readonly kind: 'none' | 'loopback' | 'dual' | 'only' | 'router';
  readonly v6?: string;
  readonly gateway6?: string;
  readonly v4?: string;
  readonly gateway4?: string;
  readonly resolver: ResolverName;
}

export const HOSTS = {
  app: { kind: 'none', v6: '2001:db8:a::2', gateway6: '2001:db8:a::1', resolver: 'unbound64' },
  app0: { kind: 'none', v6: '2001:db8:a0::2', gateway6: '2001:db8:a0::1', resolver: 'plain' },
  typical: { kind: 'loopback', v6: '2001:db8:b::2', gateway6: '2001:db8:b::1', resolver: 'unbound64' },
  dual: {
    kind: 'dual',
    v6: '2001:db8:d::2',
    gateway6: '2001:db8:d::1',
    v4: '192.168.77.2',
    gateway4: '192.168.77.1',
    resolver: 'plain',
  },
  clat: { kind: 'loopback', v6: '2001:db8:c::2', gateway6: '2001:db8:c::1', resolver: 'unbound64' },
  inet6: { kind: 'none', v6: '2001:db8:6::10', gateway6: '2001:db8:6::1', resolver: 'plain' },
  inet4: { kind: 'only', v4: '192.0.2.2', gateway4: '192.0.2.1', resolver: 'plain' },
  gw: { kind: 'router', resolver: 'plain' },
} as const satisfies Record<string, Host>;

export type HostName = keyof typeof HOSTS;
export const HOST_NAMES = keysOf(HOSTS);
/** What is planned of any host; `HOSTS.app` and the like say more of one. */
export const planOf = (host: HostName): Host => HOSTS[host];

/** Hosts that an IPv4 client reaches by an address of their own, through a static map of each NAT64 (last octet). */
export const MAPPED_HOSTS = { app: 200, app0: 201, typical: 202, dual: 203 } as const;
export type MappedHost = keyof typeof MAPPED_HOSTS;

/** The IPv4 addresses of the Internet that the host inet4 is. The first is the one that most names have. */
export const INTERNET4 = [
  '1.2.3.4',
  '192.31.196.10',
  '198.51.100.10',
  '203.0.113.10',
  '198.18.0.10',
  '10.9.9.10',
  '192.168.9.10',
  '100.64.9.10',
] as const;
/** Of these, what the gateway routes to inet4. Everything else has no route there. */
export const INTERNET4_ROUTES = [
  '1.2.3.0/24',
  '192.31.196.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '198.18.0.0/15',
  '10.9.9.0/24',
  '192.168.9.0/24',
  '100.64.9.0/24',
];
/** Destinations with a known fate on the gateway (`noroute` is outside of every route). */
export const FATES4 = {
  unreachable: '1.2.3.101',
  prohibit: '1.2.3.102',
  blackhole: '1.2.3.103',
  noroute: '1.2.4.1',
} as const;
export const FATES6 = {
  unreachable: '2001:db8:dead:1::1',
  prohibit: '2001:db8:dead:2::1',
  blackhole: '2001:db8:dead:3::1',
} as const;

export const AUTHORITY4 = '192.0.2.2';
export const ODD_AUTHORITY4 = '192.0.2.3';

export const WKP = '64:ff9b::/96';
// 3fff::/20 is documentation space too (RFC 9637); a /32 of 2001:db8:: would swallow the hosts. Bits 64 to 71 are zero.
const NSP = {
  32: '3fff:64::/32',
  40: '3fff:64:100::/40',
  48: '3fff:64:122::/48',
  56: '3fff:64:122:300::/56',
  64: '3fff:64:122:344::/64',
  96: '3fff:64:122:344::/96',
} as const;

/** The lengths of RFC 6052 §2.2, in bits. */
export type NspLength = keyof typeof NSP;
export const NSP_LENGTHS = [32, 40, 48, 56, 64, 96] as const satisfies readonly NspLength[];

/** A length that somebody typed; a RangeError where it is none of RFC 6052. */
export function nspLengthOf(text: string | undefined): NspLength {
  const length = NSP_LENGTHS.find((bits) => bits === Number(text));
  if (!length) throw new RangeError(`prefix length is ${text}, must be one of ${NSP_LENGTHS.join(', ')}`);
  return length;
}

/** The lab's network-specific prefix of this length. */
export const nspPrefix = (length: NspLength): string => NSP[length];

/** What `lab break` can break. */
export const PIECES = ['nat64', 'nsp', 'clat', ...RESOLVER_NAMES, 'nsd'] as const;
export type Piece = (typeof PIECES)[number];
/** `silent`: it takes packets and answers nothing. `refuse`: the network says at once that it is not there. */
export const WAYS_TO_BREAK = ['silent', 'refuse'] as const;
export type WayToBreak = (typeof WAYS_TO_BREAK)[number];

/** The lab's processes. */
export type DaemonName =
  | Exclude<Piece, 'bind64break'>
  | 'odd-dns'
  | `slow-${'app' | 'dual'}`
  | `${'nginx' | 'echo'}-${'inet4' | 'inet6'}`;
/** The daemon that a piece is: of BIND there is one, with two views. */
export const daemonOf = (piece: Piece): DaemonName => (piece === 'bind64break' ? 'bind64' : piece);

/** Names and paths of one lab; several labs differ in `prefix`. */
export interface Lab {
  readonly prefix: string;
  /** Where its state is kept. */
  readonly dir: string;
  /** A path below `dir`. */
  file(...parts: string[]): string;
  /** The network namespace that a host is. */
  ns(host: HostName): string;
}

export function labOf(prefix = process.env.V6ONLY_LAB_PREFIX ?? 'v6only-'): Lab {
  // Namespace names are file names, and become part of paths that `down` removes.
  if (!/^[a-z0-9][a-z0-9-]{0,24}$/.test(prefix)) {
    throw new RangeError(`the lab's prefix is '${prefix}', must be 1 to 25 of a-z, 0-9 and '-', e.g. 'v6only-'`);
  }
  const dir = path.join(os.tmpdir(), `v6only-lab-${prefix.replace(/-$/, '')}`);
  return {
    prefix,
    dir,
    file: (...parts) => path.join(dir, ...parts),
    ns: (host) => `${prefix}${host}`,
  };
}
