import fs from 'node:fs';
import os from 'node:os';
import { type IPv6Network, parseIPv6 } from '../address/ipv6';
import { factOr, isOutOfResources } from '../report/out-of-resources';
import { interfacesOf } from './interfaces';
import { ipv6Routes, localIPv6Routes } from './ipv6-routes';

/** IFF_POINTOPOINT of linux/if.h. */
const POINT_TO_POINT = 0x10;

/**
 * The IPv6 networks in which this host or its neighbours have addresses: those of its interface addresses, and on Linux
 * those of on-link routes. With DHCPv6 an address is a /128, and only a route shows the network of the link. Undefined if no
 * descriptor is left to read them.
 */
export function ownNetworks(interfaces = interfacesOf(os.networkInterfaces)): IPv6Network[] | undefined {
  const onLink = process.platform === 'linux' ? onLinkNetworks() : [];
  if (interfaces === undefined || onLink === undefined) return undefined;
  const addresses = Object.values(interfaces).flatMap((list) => list ?? []);
  const networks = addresses.flatMap(({ family, address, cidr }) =>
    family === 'IPv6' ? [{ octets: parseIPv6(address), length: Number(cidr?.split('/')?.[1] ?? 128) }] : [],
  );
  return [...networks, ...onLink];
}

function onLinkNetworks(): IPv6Network[] | undefined {
  // Without permission there are none.
  return factOr([], () => {
    const routes = ipv6Routes(fs.readFileSync('/proc/net/ipv6_route', 'latin1'));
    return routes.filter(({ gateway, length, link }) => gateway === undefined && length > 0 && !isPointToPoint(link));
  });
}

/**
 * The IPv6 networks that a route makes this host's own (AnyIP), and its addresses. Undefined if Linux does not tell (no
 * permission, or no descriptor). Elsewhere there are no such routes.
 */
export function localNetworks(): readonly IPv6Network[] | undefined {
  if (process.platform !== 'linux') return [];
  try {
    return localIPv6Routes(fs.readFileSync('/proc/net/ipv6_route', 'latin1'));
  } catch {
    return undefined;
  }
}

/** The routes of a tunnel (a VPN, or a NAT64 that runs on this host) lead to other hosts than neighbours. */
function isPointToPoint(link: string): boolean {
  try {
    return (Number(fs.readFileSync(`/sys/class/net/${link}/flags`, 'latin1')) & POINT_TO_POINT) !== 0;
  } catch (error) {
    if (isOutOfResources(error)) throw error;
    return false;
  }
}
