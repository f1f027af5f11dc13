import { isIPv6 } from 'node:net';
import { mappedIPv4 } from '../address/mapped';
import { Pref64 } from '../address/pref64';
import { V6OnlyError } from '../report/errors';
import { installed } from './installation';

/**
 * Returns the IPv4 address that an IPv6 address embeds: as an IPv4-mapped address (RFC 4291 §2.5.5.2), or under a known
 * NAT64 prefix (RFC 6052). The well-known prefix is always known. The prefixes of the policy and of the network are known
 * only while the hook is installed. Then the first call starts the search for the network's prefix, so await `ready()`
 * before you rely on the answer of a filter. Address filters should check this IPv4 address too: a DNS64, or an
 * attacker's name, can hide any IPv4 address in an IPv6 address.
 * @param address an IPv6 address in any spelling
 * @returns dotted IPv4 text, or undefined if the address embeds none
 * @throws V6OnlyError with the code V6ONLY_INVALID_ADDRESS
 * @example
 * import { embeddedIPv4 } from 'v6only';
 *
 * console.log(embeddedIPv4('64:ff9b::a9fe:a9fe')); // → 169.254.169.254
 * console.log(embeddedIPv4('::ffff:10.0.0.1')); // → 10.0.0.1
 * console.log(embeddedIPv4('2001:db8::1')); // → undefined
 */
export function embeddedIPv4(address: string): string | undefined {
  if (!isIPv6(address)) {
    throw new V6OnlyError('V6ONLY_INVALID_ADDRESS', `"${address}" is not an IPv6 address`, 'Give an IPv6 address');
  }
  const [ipv6 = ''] = address.split('%');
  const context = installed()?.context;
  if (context) {
    context.prefixes.learn();
    return context.translator.embeddedIPv4(ipv6);
  }
  return mappedIPv4(ipv6) ?? Pref64.WELL_KNOWN.extract(ipv6);
}
