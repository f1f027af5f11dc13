import { type IPv4Range, integerToIPv4, networkOf, parseIPv4Range } from '../address/ipv4';
import type { Kernel } from '../address/kernel';
import type { Policy } from '../policy/types';

/** Networks that RFC 6535 §4.4 names because few hosts have addresses in them. */
const USUAL_NETWORKS = ['10.170.160.0/20', '172.21.80.0/20', '10.170.224.0/20', '172.21.112.0/20'];
/** RFC 1918. Addresses of other networks would pass deny lists that know only these. */
const PRIVATE_USE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
const LENGTH = 20;

/**
 * The network of the synthetic private addresses. They must not belong to a host that the program reaches (RFC 6535
 * §4.4): not in a network of this host, nor in one with a route of its own, nor in a rule. Undefined if there is none.
 */
export function unusedPrivateNetwork(kernel: Kernel, rules: Policy['rules']): string | undefined {
  const inUse = [
    ...kernel.ipv4Interfaces().map(({ cidr }) => networkOf(cidr)),
    ...kernel.routedNetworks(),
    ...rules.flatMap(({ matcher }) => (matcher.kind === 'range' ? [matcher.range] : [])),
  ];
  const isFree = ({ first, last }: IPv4Range) => !inUse.some((range) => range.first <= last && range.last >= first);
  for (const network of candidates()) {
    const range = parseIPv4Range(network);
    // The system may not list its routes.
    if (isFree(range) && !kernel.hasOwnRoute(integerToIPv4(range.first + 1))) return network;
  }
  return undefined;
}

function* candidates(): Generator<string> {
  yield* USUAL_NETWORKS;
  for (const network of PRIVATE_USE) {
    const { first, last } = parseIPv4Range(network);
    for (let at = first; at < last; at += 2 ** (32 - LENGTH)) yield `${integerToIPv4(at)}/${LENGTH}`;
  }
}
