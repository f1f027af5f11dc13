import type { Context } from '../../install/context';
import { type Finding, fault, note } from './finding';

/** Checks the policy's loopback prefix: whether the host has its 127.0.0.1, and who can send to it. */
export function checkLoopbackPrefix({ kernel, policy }: Context): Finding[] {
  const { loopback } = policy;
  if (typeof loopback !== 'object') return [];
  const title = 'Loopback prefix';
  const address = loopback.embed('127.0.0.1');
  const dropping = (end: string) => `nft add rule ip6 FILTER INPUT iif != lo ip6 ${end} ${loopback} drop`;
  if (!kernel.interfaces().some((own) => own.address === address)) {
    return [
      fault(
        'loopback-prefix-missing',
        title,
        `${address}, which stands for 127.0.0.1, is not an address of this host`,
        `Add it: ip -6 addr add ${address}/128 dev lo`,
      ),
    ];
  }
  return [
    note(
      'loopback-prefix',
      title,
      `127.0.0.1 is ${address}. Other hosts on the link can send to it. Only addresses of this host count as 127.0.0.0/8, ` +
        'but the sender of a datagram can be forged',
      `Make the firewall drop packets to and from the prefix that do not arrive on lo: ${dropping('daddr')} and ${dropping('saddr')}`,
    ),
  ];
}
