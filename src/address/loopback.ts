import { type Decision, direct, translate } from './decision';
import type { Kernel } from './kernel';
import type { TranslatorPolicy } from './translator-policy';

const IPV6_LOOPBACK = '::1';

/** What an address of 127.0.0.0/8 becomes, as a destination and as an address to bind to. */
export function loopbackDecision(
  ipv4: string,
  { loopback, mode }: Pick<TranslatorPolicy, 'loopback' | 'mode'>,
  kernel: Pick<Kernel, 'hasRoute'>,
): Decision {
  if (typeof loopback === 'object') return translate('loopback', loopback.embed(ipv4), `embedded in ${loopback}`);
  if (loopback === 'direct') return direct('loopback', ipv4, 'loopback: direct');
  if (loopback === 'auto' && mode !== 'always' && kernel.hasRoute(ipv4)) {
    return direct('loopback', ipv4, 'the host has 127.0.0.0/8 on its loopback');
  }
  return translate('loopback', IPV6_LOOPBACK, 'the IPv6 loopback');
}
