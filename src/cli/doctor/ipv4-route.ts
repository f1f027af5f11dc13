import type { Context } from '../../install/context';
import { type Finding, fault, note } from './finding';
import type { Target } from './nat64';
import { reach, sendDatagram } from './reach';

/** The root name server of checkIPv6. Any Internet address will do. */
const SOMEWHERE: Target = { address: '2001:503:ba3e::2:30', port: 53 };

/**
 * Detects a firewall or sandbox on this host that forbids IPv6 to this process. Otherwise it would look like a network
 * fault.
 */
export async function checkPermission(timeoutMs: number): Promise<Finding | undefined> {
  const { address, port } = SOMEWHERE;
  const codes = [await sendDatagram(address, port), (await reach(address, port, Math.min(timeoutMs, 500))).outcome];
  const code = codes.find((each) => each === 'EPERM');
  if (code === undefined) return undefined;
  return fault(
    'ipv6-forbidden',
    'Firewall',
    `this host does not let this process send IPv6 (${code})`,
    'Check the firewall (nft list ruleset) and the restrictions of the service or container (IPAddressDeny=, a network policy)',
  );
}

/**
 * Detects an IPv4 route that leads nowhere although the NAT64 works. If the network does not say so, programs wait for it
 * in vain.
 */
export async function checkIPv4Route(
  { kernel, policy }: Context,
  targets: readonly Target[],
  nat64Works: boolean,
  timeoutMs: number,
): Promise<Finding | undefined> {
  if (!nat64Works || policy.mode === 'always') return undefined;
  const outcomes = await Promise.all(targets.map(({ address, port }) => reach(address, port, timeoutMs)));
  if (outcomes.some(({ answered }) => answered)) return undefined;
  const failures = targets.map(({ address, port }, i) => `${address} port ${port}: ${outcomes[i]?.outcome}`).join(', ');
  if (outcomes.every(({ outcome }) => outcome === 'ENETUNREACH'))
    return note(
      'ipv4-denied',
      'IPv4',
      `the network calls IPv4 hosts unreachable (${failures}): v6only sends what it denies through the NAT64`,
    );
  const isClat = targets.every(({ address }) => kernel.isThroughClat(address));
  return fault(
    'ipv4-dead',
    'IPv4',
    `${isClat ? 'the CLAT' : 'the IPv4 route'} reaches no IPv4 host (${failures}), but the NAT64 does`,
    isClat
      ? 'Restart the CLAT. Meanwhile v6only sends TCP connections through the NAT64, the first of them after a second'
      : 'Remove the IPv4 default route (ip -4 route del default), or set "mode": "always" in the policy',
  );
}
