import type { Decision } from '../address/decision';
import { refuse } from '../address/decision';
import { noSuchAddress } from '../address/refusals';
import { UV_IPV6ONLY } from '../hooks/node-internals';
import { nameOf } from '../kernel/error-names';
import { isShortage } from '../report/out-of-resources';
import type { Context } from './context';

/**
 * What a bind to an IPv4 address would do. The translator decides where the bind goes, and the kernel whether the host
 * has that address.
 */
export function bindDecision(context: Context, ipv4: string, protocol: 'tcp' | 'udp'): Decision {
  const decision = context.translator.local(ipv4, protocol);
  // Every host has these, or the socket's own choice of an interface decides.
  if (decision.step === 'any' || decision.step === 'multicast') return decision;
  const fails =
    (decision.kind === 'direct' && !context.kernel.hasAddress(ipv4)) ||
    (decision.kind === 'translate' && bindError(context, decision.address) !== undefined);
  return fails ? refuse('host-address', 'EADDRNOTAVAIL', noSuchAddress(ipv4)) : decision;
}

/**
 * Why a socket could not be bound to an IPv6 address, or undefined if it could: the answer of the kernel to a UDP socket
 * on a port of its choice, which is closed at once.
 */
export function bindError({ classes }: Context, ipv6: string): string | undefined {
  const handle = new classes.Udp();
  try {
    const status = handle.bind6(ipv6, 0, UV_IPV6ONLY);
    return status === 0 || isShortage(nameOf(status)) ? undefined : nameOf(status);
  } finally {
    handle.close();
  }
}
