// The plan of the lab: every host, address and prefix, and where its state is kept. Nothing here touches the system.
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * The hosts. `kind` says what IPv4 a host has: `none` (not even 127.0.0.1), `loopback` (as most IPv6-only hosts), `dual`
 * or `only` (no IPv6 at all).
 */
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
};

/** Hosts that an IPv4 client reaches by an address of their own, through a static map of each NAT64 (last octet). */
export const MAPPED_HOSTS = { app: 200, app0: 201, typical: 202, dual: 203 };

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
];
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
export const FATES4 = { unreachable: '1.2.3.101', prohibit: '1.2.3.102', blackhole: '1.2.3.103', noroute: '1.2.4.1' };
export const FATES6 = {
  unreachable: '2001:db8:dead:1::1',
  prohibit: '2001:db8:dead:2::1',
  blackhole: '2001:db8:dead:3::1',
};

export const AUTHORITY4 = '192.0.2.2';
export const ODD_AUTHORITY4 = '192.0.2.3';

/** The name servers on gw. `plain` has an IPv4 address too, one that passes a NAT64 with the well-known prefix. */
export const RESOLVERS = {
  unbound64: { v6: '2001:db8:53::1', what: 'unbound, DNS64 with the well-known prefix' },
  bind64: { v6: '2001:db8:53::2', what: 'BIND, DNS64 with the well-known prefix' },
  plain: { v6: '2001:db8:53::3', v4: '1.2.3.53', what: 'unbound without DNS64' },
  nsp64: { v6: '2001:db8:53::4', what: 'unbound, DNS64 with the network-specific prefix' },
  bind64break: { v6: '2001:db8:53::5', what: 'BIND, DNS64 with break-dnssec' },
};

export const WKP = '64:ff9b::/96';
export const NSP_LENGTHS = [32, 40, 48, 56, 64, 96];
// 3fff::/20 is documentation space too (RFC 9637); a /32 of 2001:db8:: would swallow the hosts. Bits 64 to 71 are zero.
const NSP = {
  32: '3fff:64::/32',
  40: '3fff:64:100::/40',
  48: '3fff:64:122::/48',
  56: '3fff:64:122:300::/56',
  64: '3fff:64:122:344::/64',
  96: '3fff:64:122:344::/96',
};

/** The lab's network-specific prefix of the given length in bits; throws a RangeError for a length not of RFC 6052. */
export function nspPrefix(length) {
  const prefix = NSP[length];
  if (!prefix) throw new RangeError(`prefix length is ${length}, must be one of ${NSP_LENGTHS.join(', ')}`);
  return prefix;
}

/** Names, paths and settings of one lab; several labs differ in `prefix`. */
export function labOf({ prefix = process.env.V6ONLY_LAB_PREFIX ?? 'v6only-' } = {}) {
  // Namespace names are file names, and become part of paths that `down` removes.
  if (!/^[a-z0-9][a-z0-9-]{0,24}$/.test(prefix)) {
    throw new RangeError(`the lab's prefix is '${prefix}', must be 1 to 25 of a-z, 0-9 and '-', e.g. 'v6only-'`);
  }
  const dir = path.join(os.tmpdir(), `v6only-lab-${prefix.replace(/-$/, '')}`);
  return {
    prefix,
    dir,
    file: (...parts) => path.join(dir, ...parts),
    ns: (host) => {
      if (!HOSTS[host])
        throw new RangeError(`no host '${host}' in the lab, there are ${Object.keys(HOSTS).join(', ')}`);
      return `${prefix}${host}`;
    },
  };
}
