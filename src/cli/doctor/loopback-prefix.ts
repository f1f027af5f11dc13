import type { Context } from '../../install/context';
import { type Finding, fault, note } from './finding';

/** Checks the policy's loopback prefix: whether the host has its 127.0.0.1, and who can send to it. */
export function checkLoopbackPrefix({ kernel, policy }: Context): Finding[] {
  const { loopback } = policy;
  if (typeof loopback !== 'object') return [];
  const title = 'Loopback prefix';
  const address = loopback.embed('127.0.0.1');
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
      `127.0.0.1 is ${address}. Other hosts on the link can send to it. v6only accepts traffic only from addresses of this host, ` +
        'but the sender of a datagram can be forged',
      `Make the firewall drop packets to the prefix that do not arrive on lo: nft add rule ip6 FILTER INPUT iif != lo ip6 daddr ${loopback} drop`,
    ),
  ];
}
