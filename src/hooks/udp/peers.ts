import { isIPv6 } from 'node:net';
import type { Decision } from '../../address/decision';
import { canonicalIPv6, isLoopbackIPv6 } from '../../address/ipv6';
import { MAPPED, mappedIPv4 } from '../../address/mapped';
import { isMulticast } from '../../address/special-purpose';
import type { HookContext } from '../context';
import { leavesHost } from '../handle/leaves-host';
import type { RealUdp } from '../handle/real-methods';
import { socketName } from '../handle/socket-name';
import type { UdpHandle } from '../node-internals';
import { isLocalPeer } from '../ports/peers';
import type { UdpParts } from './parts';
import { Recent } from './recent-addresses';
import { isOnLoopback, type MappedState, type UdpState } from './state';
import { wayBack } from './way-back';

/** The kernel treats a destination of 0.0.0.0 as the address of the socket, else as the loopback. */
export function ownAddress(state: UdpState | MappedState, to: string): string {
  if (to !== '0.0.0.0') return to;
  if (state.view === 'mapped') return state.local?.slice(MAPPED.length) ?? '127.0.0.1';
  return state.exact ? state.address : '127.0.0.1';
}

/** Where a datagram or connect goes. If the program asked by a name, the rules decide. A reply goes the way back. */
export function decide(
  { context, askedName }: Pick<UdpParts, 'context' | 'askedName'>,
  state: UdpState | MappedState,
  ipv4: string,
  port: number,
): Decision {
  const host = askedName.now;
  const back = host === undefined ? wayBack(context, state, ipv4, port) : undefined;
  return back ?? context.translator.destination(ipv4, { port, protocol: 'udp', host });
}

/** Whether a socket on a loopback address would send to another host. */
export function leavesLoopback(context: HookContext, state: UdpState, decision: Decision): boolean {
  return isOnLoopback(state) && leavesHost(context, decision);
}

/**
 * The family over which a datagram or connect to `ipv4` goes. 6 if it is refused, or must wait. What a rule says comes first,
 * then the interface that the program chose for groups.
 */
export function familyOf(state: UdpState, ipv4: string, { kind, step }: Decision): 4 | 6 {
  if (step === 'rule') return kind === 'direct' ? 4 : 6;
  const { multicastFamily } = state;
  const isUsual = step === 'multicast' || step === 'route';
  if (multicastFamily !== undefined && isUsual && isMulticast(ipv4)) return multicastFamily;
  if (kind === 'direct') return 4;
  if (!state.exact || state.family === 6) return 6;
  // A socket bound to an address in the kernel must fail natively if there is no route from this address. From the loopback
  // there is one to each address of this host.
  return isOnLoopback(state) && step !== 'multicast' ? 6 : 4;
}

/**
 * Whether a socket receives from every IPv6 peer. RFC 6535 §4.5: if other hosts can now reach this one over IPv4, they
 * must use IPv4.
 */
export function isOpen({ translator }: HookContext, { open }: UdpState): boolean {
  return open && translator.opensToIPv6();
}

/** If a socket is not open to IPv6, its second socket receives only from peers to which it has sent. */
export function noteAsked(state: UdpState, address: string): void {
  state.asked ??= new Recent();
  state.asked.set(address, true);
}

/**
 * The program sends to `ipv4`, which is translated. The answer must come from the address that was asked. By its IPv6
 * address alone it cannot always be recognized: a rule may be for this port only, a host's own address may be forged, and
 * a stranger is not shown by a private address of the pool.
 */
export function noteSent(
  { flows, pool }: HookContext,
  { getsockname }: Pick<RealUdp, 'getsockname'>,
  state: UdpState | MappedState,
  six: UdpHandle,
  { step }: Decision,
  { to, port, ipv4 }: { to: string; port: number; ipv4: string },
): void {
  if (step === 'rule' || step === 'host-address' || (step === 'pool' && pool.find(to) === undefined)) {
    state.named ??= new Recent();
    state.named.set(`${to} ${port}`, ipv4);
  }
  // To the loopback, only a socket that is bound to an own address sends from there.
  const isOwn =
    step === 'host-address' || step === 'multicast' || (step === 'loopback' && state.view === 'ipv4' && state.exact);
  if (state.isOwnSender || !isOwn) return;
  const { port: own } = socketName(six, getsockname);
  if (!own) return;
  flows.ownSenders.add(own);
  state.isOwnSender = true;
}

/**
 * Whether a peer is this host itself, which no rule for other hosts concerns. An AF_INET socket hears it over IPv4, but for
 * one on the loopback, whose second socket is on the loopback too.
 */
export function isOwnPeer(context: HookContext, state: UdpState, ipv6: string): boolean {
  return (state.family === 6 || state.open || isOnLoopback(state)) && isLocalPeer(context, ipv6);
}

/** The program used this IPv6 address itself, so it sees the peer at this address. */
export function noteWritten(state: MappedState, address: string): void {
  state.written ??= new Recent();
  state.written.set(canonicalIPv6(address), true);
}

/** Whether a udp4 socket may show a peer by this address: not if it is IPv4, or cannot be the address of a peer. */
export function isIPv6Peer(address: string): boolean {
  return isIPv6(address) && !/^ff/i.test(address) && !isLoopbackIPv6(address) && mappedIPv4(address) === undefined;
}

/**
 * Whether a udp4 socket may have heard from an IPv6 peer, to whose address the program may then send. One on a loopback
 * address has no peers but those of this host, which it shows by IPv4 addresses.
 */
export function mayHaveHeard(context: HookContext, state: UdpState, address: string): boolean {
  if (isOnLoopback(state)) return false;
  const isAsked = state.open || state.askedGroup !== undefined || state.asked?.get(address) === true;
  return isAsked || isOwnPeer(context, state, address);
}
