import { MAPPED } from '../../address/mapped';
import type { HookContext } from '../context';
import type { SocketName } from '../node-internals';
import { learnPrefix } from './learn-prefix';

/**
 * How a socket's addresses read to the program: `ipv4` for one that is IPv4 in its eyes, `mapped` for an AF_INET6 socket
 * that sees IPv4 peers as `::ffff:a.b.c.d`, as it would on a dual-stack host.
 */
export type View = 'ipv4' | 'mapped';

/** Rewrites the address of a peer in place, as libuv filled it in. */
export function showPeer(context: HookContext, view: View, out: SocketName): void {
  const { address } = out;
  if (!address?.includes(':')) return; // AF_INET
  if (view === 'mapped') {
    const ipv4 = context.translator.embedded(address);
    if (ipv4 !== undefined) out.address = `::ffff:${ipv4}`;
    return;
  }
  const ipv4 = context.translator.toIPv4(address) ?? aliasOf(context, address);
  if (ipv4 === undefined) {
    // A native IPv6 peer reads as what it is: an honest log, and an answer to it works. Whether it is one the prefix tells.
    learnPrefix(context);
    return;
  }
  out.address = ipv4;
  out.family = 'IPv4';
}

/** Rewrites the address of this side in place. */
export function showLocal(context: HookContext, view: View, out: SocketName): void {
  if (!out.address?.includes(':')) return;
  if (view === 'mapped') {
    showPeer(context, view, out);
    return;
  }
  out.address = context.translator.localToIPv4(out.address);
  out.family = 'IPv4';
}

/** Rewrites the address of this side in place, of an AF_INET6 socket that speaks to an IPv4-mapped peer. */
export function showLocalMapped({ translator }: HookContext, out: SocketName): void {
  const { address = '' } = out;
  if (!address.startsWith(MAPPED)) out.address = MAPPED + translator.localToIPv4(address);
}

/**
 * A pool address for a native IPv6 peer, where the policy wants one: from a quota of its own. A link-local peer reads as its
 * IPv6 address with its zone, and an answer to that finds it.
 */
function aliasOf(context: HookContext, ipv6: string): string | undefined {
  return context.policy.peers === 'pool' ? context.pool.assign(ipv6, 0, 'peer') : undefined;
}

/** Makes a name that the kernel gave read as `address`, its port kept. */
export function showAs(out: SocketName, address: string): void {
  out.address = address;
  out.family = address.includes(':') ? 'IPv6' : 'IPv4';
}
