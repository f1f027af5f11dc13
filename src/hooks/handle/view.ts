import { isHostAddress } from '../../address/host-addresses';
import { MAPPED } from '../../address/mapped';
import type { HookContext } from '../context';
import type { SocketName } from '../node-internals';
import { learnPrefix } from './learn-prefix';

/**
 * How a program sees the addresses of a socket: `ipv4` for a socket that the program created as IPv4, `mapped` for an
 * AF_INET6 socket that shows IPv4 peers as `::ffff:a.b.c.d`, as on a dual-stack host.
 */
export type View = 'ipv4' | 'mapped';

/**
 * Rewrites in place the address of a peer that libuv filled in.
 * @param isProven false for the sender of a datagram, which may have forged an address of this host
 */
export function showPeer(context: HookContext, view: View, out: SocketName, isProven = true): void {
  const { address } = out;
  if (!address?.includes(':')) return; // AF_INET
  if (view === 'mapped') {
    const ipv4 = context.translator.embedded(address);
    if (ipv4 !== undefined) out.address = `::ffff:${ipv4}`;
    else if (context.prefixes.all === undefined && context.translator.opensToIPv6()) learnPrefix(context);
    return;
  }
  const known = context.translator.toIPv4(address);
  const isForged = !isProven && known !== undefined && isHostAddress(known) && !context.flows.ownSenders.has(out.port);
  const ipv4 = (isForged ? undefined : known) ?? aliasOf(context, address);
  if (ipv4 === undefined) {
    // The program sees the IPv6 address of a native IPv6 peer: logs are then correct, and replies work. Only the prefix
    // shows whether a peer is native.
    learnPrefix(context);
    return;
  }
  out.address = ipv4;
  out.family = 'IPv4';
}

/** Rewrites the local address in place. */
export function showLocal(context: HookContext, view: View, out: SocketName): void {
  if (!out.address?.includes(':')) return;
  if (view === 'mapped') {
    showPeer(context, view, out);
    return;
  }
  out.address = context.translator.localToIPv4(out.address);
  out.family = 'IPv4';
}

/** Rewrites in place the local address of an AF_INET6 socket whose peer is IPv4-mapped. */
export function showLocalMapped({ translator }: HookContext, out: SocketName): void {
  const { address = '' } = out;
  if (!address.startsWith(MAPPED)) out.address = MAPPED + translator.localToIPv4(address);
}

/**
 * A pool address for a native IPv6 peer, if the policy asks for it. Peers have their own quota. A link-local peer keeps
 * its IPv6 address and zone, so that replies reach it.
 */
function aliasOf(context: HookContext, ipv6: string): string | undefined {
  return context.policy.peers === 'pool' ? context.pool.assign(ipv6, 0, 'peer') : undefined;
}

/** Replaces the address in a socket name with `address`, and keeps the port. */
export function showAs(out: SocketName, address: string): void {
  out.address = address;
  out.family = address.includes(':') ? 'IPv6' : 'IPv4';
}
