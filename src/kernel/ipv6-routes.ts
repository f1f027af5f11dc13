import { formatIPv6, type IPv6Network } from '../address/ipv6';

/** RTF_UP and RTF_REJECT of linux/route.h, RTF_LOCAL of linux/ipv6_route.h. */
const UP = 0x1;
const REJECT = 0x200;
const LOCAL = 0x80000000;

/** A route by which Linux sends to other hosts. */
export interface IPv6Route extends IPv6Network {
  readonly link: string;
  /** Undefined if the route has none: its destinations are on-link, or the link is point-to-point. */
  readonly gateway: string | undefined;
  readonly metric: number;
}

/** The routes in the text of /proc/net/ipv6_route, except those of the loopback interface. */
export function ipv6Routes(text: string): IPv6Route[] {
  return linesOf(text).flatMap(({ octets, length, gateway, metric, flags, link }) => {
    if (link === undefined || link === 'lo' || !(flags & UP) || flags & REJECT) return [];
    const next = octetsOf(gateway);
    const isOnLink = next === undefined || next.every((octet) => octet === 0);
    return [{ octets, length, link, gateway: isOnLink ? undefined : formatIPv6(next), metric }];
  });
}

/** The networks in the text of /proc/net/ipv6_route whose packets the host receives itself. */
export function localIPv6Routes(text: string): IPv6Network[] {
  return linesOf(text).flatMap(({ octets, length, flags }) =>
    flags & UP && flags & LOCAL ? [{ octets, length }] : [],
  );
}

function linesOf(text: string) {
  return text.split('\n').flatMap((line) => {
    const [destination = '', length = '', , , gateway = '', metric = '', , , flags = '', link] = line
      .trim()
      .split(/\s+/);
    const octets = octetsOf(destination);
    if (octets === undefined) return [];
    const numbers = { length: hex(length), metric: hex(metric), flags: hex(flags) };
    return [{ octets, gateway, link, ...numbers }];
  });
}

const hex = (text: string): number => Number.parseInt(text, 16);

function octetsOf(hex: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{32}$/i.test(hex)) return undefined;
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16));
}
