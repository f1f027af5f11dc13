import { isIPv6 } from 'node:net';
import { mappedIPv4 } from './address/mapped';
import { Pref64 } from './address/pref64';
import { installed } from './enable';
import { V6OnlyError } from './errors';

/**
 * The IPv4 address that an IPv6 address stands for: in an IPv4-mapped address (RFC 4291 §2.5.5.2), or under any NAT64 prefix
 * that is known (RFC 6052): the policy's, those learned from the network, and the well-known one. For filters: what the
 * network's DNS64 or an attacker's name makes of an IPv4 address is judged as that.
 * @param address an IPv6 address in any spelling
 * @returns dotted IPv4 text, or undefined where it stands for none
 * @throws V6OnlyError V6ONLY_INVALID_ADDRESS
 */
export function embeddedIPv4(address: string): string | undefined {
  if (!isIPv6(address)) {
    throw new V6OnlyError('V6ONLY_INVALID_ADDRESS', `"${address}" is not an IPv6 address`, 'Give an IPv6 address');
  }
  const [ipv6 = ''] = address.split('%');
  const context = installed()?.context;
  if (context) return context.translator.embeddedIPv4(ipv6);
  return mappedIPv4(ipv6) ?? Pref64.WELL_KNOWN.extract(ipv6);
}
