import { isHostAddress } from '../../address/host-addresses';
import { MAPPED } from '../../address/mapped';
import type { HookContext } from '../context';
import type { SocketName } from '../node-internals';

/**
 * How a program sees the addresses of a socket: `ipv4` for a socket that the program created as IPv4, `mapped` for an
 * AF_INET6 socket that shows IPv4 peers as `::ffff:a.b.c.d`, as on a dual-stack host.
 */
export type View = 'ipv4' | 'mapped';

/**
 * Rewrites in place the address of a peer that libuv filled in.
 * @param known the address by which the program knows the peer, if it gave one
 * @param isProven false for the sender of a datagram, which may have forged an address of this host
 */
export function showPeer(context: HookContext, view: View, out: SocketName, known?: string, isProven = true): void {
  const { address } = out;
  if (known !== undefined) {
    showAs(out, known);
    return;
  }
  if (!address?.includes(':')) return; // AF_INET
  if (view === 'mapped') {
    const ipv4 = context.translator.embedded(address);
    if (ipv4 !== undefined) out.address = MAPPED + ipv4;
    else if (context.prefixes.all === undefined && context.translator.opensToIPv6()) context.prefixes.learn();
    return;
  }
  const found = context.translator.toIPv4(address);
  const isForged =
    !isProven && found !== undefined && isHostAddress(found) && !context.flows.ownSenders.has(out.port ?? 0);
  const ipv4 = (isForged ? undefined : found) ?? aliasOf(context, address);
  if (ipv4 === undefined) {
    // The program sees the IPv6 address of a native IPv6 peer: logs are then correct, and replies work. Only the prefix
    // shows whether a peer is native.
    context.prefixes.learn();
    return;
  }
  out.address = ipv4;
  out.family = 'IPv4';
}

/**
 * Rewrites the local address in place.
 * @param known the address to which the program bound the socket, if it chose one
 * @param hasMappedPeer whether the peer of an AF_INET6 socket is IPv4-mapped to the program
 */
export function showLocal(
  context: HookContext,
  view: View,
  out: SocketName,
  known: string | undefined,
  hasMappedPeer = false,
): void {
  const { address } = out;
  if (known !== undefined) showAs(out, known);
  else if (!address?.includes(':'))
    return; // AF_INET
  else if (view === 'ipv4') showAs(out, context.translator.localToIPv4(address));
  else if (!hasMappedPeer) showPeer(context, view, out);
  else if (!address.startsWith(MAPPED)) out.address = MAPPED + context.translator.localToIPv4(address);
}

/** The name of a socket without an address in the kernel. Natively it has one. */
export function showUnbound(out: SocketName): 0 {
  showAs(out, '0.0.0.0');
  out.port = 0;
  return 0;
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
