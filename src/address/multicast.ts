import { ipv4ToInteger } from './ipv4';

/**
 * IPv4 groups for whose purpose IPv6 has an assigned group (IANA "IPv4 Multicast Address Space" and "IPv6 Multicast
 * Address Space" registries).
 */
const WELL_KNOWN_GROUPS: ReadonlyMap<string, string> = new Map([
  ['224.0.0.1', 'ff02::1'], // all hosts on this link
  ['224.0.0.2', 'ff02::2'], // all routers on this link
  ['224.0.0.5', 'ff02::5'], // OSPF
  ['224.0.0.6', 'ff02::6'], // OSPF designated routers
  ['224.0.0.9', 'ff02::9'], // RIP
  ['224.0.0.13', 'ff02::d'], // PIM
  ['224.0.0.18', 'ff02::12'], // VRRP
  ['224.0.0.22', 'ff02::16'], // IGMPv3, MLDv2
  ['224.0.0.107', 'ff02::6b'], // PTP peer delay
  ['224.0.0.251', 'ff02::fb'], // mDNS, RFC 6762 §3
  ['224.0.0.252', 'ff02::1:3'], // LLMNR, RFC 4795 §2
  ['224.0.1.1', 'ff05::101'], // NTP
  ['224.0.1.129', 'ff05::181'], // PTP
  ['224.0.1.187', 'ff05::fd'], // CoAP, RFC 7252 §12.8
  ['239.255.255.250', 'ff02::c'], // SSDP
  ['239.255.255.253', 'ff05::116'], // SLP
]);

/** The limited broadcast address (RFC 919). */
export const BROADCAST = '255.255.255.255';

/** The limited broadcast address has no counterpart in IPv6. All nodes of the link come closest. */
export const ALL_NODES = 'ff02::1';

/** A broadcast leaves by the interface of this group, and the kernel gives a route to it without SO_BROADCAST. */
export const ALL_HOSTS = '224.0.0.1';

/**
 * The IPv6 group with the same meaning and reach as an IPv4 group. A group without a counterpart maps, by its scope
 * (RFC 5771, RFC 2365), to a transient group (RFC 4291 §2.7, flag T) that ends in the IPv4 group: 224.0.0.0/24 → ff12::
 * (link), 239.255.0.0/16 → ff15:: (site), 239.192.0.0/14 → ff18:: (organization), other 239.0.0.0/8 → ff15::, all
 * others → ff1e:: (global). Source-specific groups stay source-specific: 232.0.0.0/8 → ff3e:: (RFC 4607 §1). Hosts may
 * choose group IDs from 8000:0 on (§4.3), and IDs that begin with 232 are in this range.
 */
export function ipv6GroupOf(ipv4: string): string {
  const known = WELL_KNOWN_GROUPS.get(ipv4);
  if (known !== undefined) return known;
  const value = ipv4ToInteger(ipv4);
  const flags = value >>> 24 === 232 ? 3 : 1;
  return `ff${flags}${scopeOf(value)}::${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
}

function scopeOf(group: number): string {
  if (group >>> 8 === 0xe00000) return '2';
  if (group >>> 18 === 0xefc00000 >>> 18) return '8';
  if (group >>> 24 === 0xef) return '5';
  return 'e';
}
