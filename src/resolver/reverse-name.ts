import { isIPv4, isIPv6 } from 'node:net';
import { type IPv6Octets, parseIPv6 } from '../address/ipv6';
import { V6OnlyError } from '../report/errors';
import { canonicalName } from './name';

const IP6_ARPA = '.ip6.arpa';
const IN_ADDR_ARPA = '.in-addr.arpa';

/**
 * `'33.2.0.192.in-addr.arpa'` for `'192.0.2.33'`; 32 nibbles under `ip6.arpa` for an IPv6 address (RFC 3596 §2.5).
 * @throws V6OnlyError V6ONLY_INVALID_ADDRESS
 */
export function reverseName(address: string): string {
  if (isIPv4(address)) return address.split('.').reverse().join('.') + IN_ADDR_ARPA;
  if (!isIPv6(address)) {
    throw new V6OnlyError('V6ONLY_INVALID_ADDRESS', `"${address}" is neither an IPv4 nor an IPv6 address`);
  }
  const nibbles = Buffer.from(parseIPv6(address)).toString('hex');
  return `${[...nibbles].reverse().join('.')}${IP6_ARPA}`;
}

/** The IPv6 address of a name under `ip6.arpa`, or undefined if the name is not a complete address. */
export function octetsOfReverseName(name: string): IPv6Octets | undefined {
  const text = canonicalName(name);
  if (text.length !== 32 * 2 - 1 + IP6_ARPA.length || !text.endsWith(IP6_ARPA)) return undefined;
  const nibbles = text.slice(0, -IP6_ARPA.length).split('.');
  if (nibbles.length !== 32 || !nibbles.every((nibble) => /^[0-9a-f]$/.test(nibble))) return undefined;
  return Uint8Array.from(Buffer.from(nibbles.reverse().join(''), 'hex'));
}
