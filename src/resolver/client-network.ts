import { isIPv4 } from 'node:net';
import { parseIPv6 } from '../address/ipv6';
import { mappedIPv4 } from '../address/mapped';

/**
 * How many bits of an address identify a client. A client with one address of an IPv6 network controls the whole
 * network.
 */
export interface ClientBits {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** The network of a client as a key. `address` is in the form that a socket reports. */
export function clientNetwork(address: string, bits: ClientBits): string {
  const ipv4 = isIPv4(address) ? address : mappedIPv4(address);
  if (ipv4 !== undefined) return head(ipv4.split('.').map(Number), bits.ipv4);
  return head([...parseIPv6(address)], bits.ipv6);
}

function head(octets: readonly number[], bits: number): string {
  const kept = octets.map((octet, i) => octet & (0xff00 >> Math.min(Math.max(bits - i * 8, 0), 8)));
  return `${octets.length}:${kept.join('.')}`;
}

/** Whether `address` is a loopback address. No other host can send from it. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (mappedIPv4(address) ?? address).startsWith('127.');
}
