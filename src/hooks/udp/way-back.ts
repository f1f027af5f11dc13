import type { Decision } from '../../address/decision';
import { nameOf } from '../../kernel/error-names';
import type { HookContext } from '../context';
import { NO_WAY } from '../handle/network-errors';
import type { Errno } from '../node-internals';
import { Recent } from './recent-addresses';
import type { MappedState, UdpState } from './state';

/** A peer as the program sees it. */
interface Peer {
  readonly ipv4: string;
  readonly port: number;
}

/**
 * A reply goes to the address from which the peer sent, even if another way to its IPv4 address is preferred. Not any more
 * if the prefix of this address is no longer in use, or after `loseWayBack`.
 */
export function wayBack(
  { translator, flows }: HookContext,
  state: UdpState | MappedState,
  ipv4: string,
  port: number,
): Decision | undefined {
  const address = state.came?.get(keyOf({ ipv4, port }));
  if (address === undefined) return undefined;
  const shown = address === '::1' ? flows.udp.source(port) : translator.toIPv4(address);
  if (shown !== ipv4 && state.named?.get(`${address} ${port}`) !== ipv4) return undefined;
  // The address of a peer to whom a rule led is not the NAT64's: another prefix does not move him.
  const step = address === '::1' ? 'loopback' : translator.embedded(address) === ipv4 ? 'nat64' : 'rule';
  return { kind: 'translate', step, address, why: 'the peer sent from this address' };
}

/** Whether the way back was taken, and has failed with `status` because no route leads there: the usual way is next. */
export function loseWayBack(
  state: UdpState | MappedState,
  { address }: { readonly address: string },
  status: Errno,
  peer: Peer,
): boolean {
  if (!NO_WAY.has(nameOf(status)) || state.came?.get(keyOf(peer)) !== address) return false;
  state.came.delete(keyOf(peer));
  return true;
}

/**
 * A datagram has come from `ipv6`, which the program sees as IPv4. Records that a reply must go there, if a send to the IPv4
 * address would take another way. If it would go over IPv4, or where a rule leads, the IPv4 address belongs to another peer
 * there, who might have the same port. The program must not take one for the other.
 * @returns whether the program may see the peer as IPv4
 */
export function noteWay({ pool, translator }: HookContext, state: UdpState | MappedState, peer: Peer, ipv6: string) {
  const { ipv4, port } = peer;
  // The pool has only one way. To ask for it would be a use of the address.
  if (pool.find(ipv6) === ipv4) return true;
  const decision = translator.destination(ipv4, { port, protocol: 'udp' });
  // The program asked for this peer, by a name that a rule sends there.
  const isAsked = state.named?.get(`${ipv6} ${port}`) === ipv4;
  if (!isAsked && leadsToAnother(decision, ipv6)) return false;
  // A rule applies to the address. A host address that the program was not shown has only this way.
  const isUsual =
    (!isAsked && decision.step === 'rule') || (decision.kind === 'translate' && decision.address === ipv6);
  if (isUsual) state.came?.delete(keyOf(peer));
  else {
    state.came ??= new Recent();
    state.came.set(keyOf(peer), ipv6);
  }
  return true;
}

/**
 * A datagram has come over IPv4: a reply goes the same way, and the route works.
 * @param isCertain false if an IPv6 datagram may carry such a sender too
 */
export function noteIPv4(state: UdpState | MappedState, peer: Peer, isCertain: boolean): void {
  state.came?.delete(keyOf(peer));
  state.routes?.heard(peer.ipv4, isCertain);
  state.routes = undefined;
}

const keyOf = ({ ipv4, port }: Peer) => `${ipv4} ${port}`;

/** Whether a reply to the IPv4 address would go to another host than `ipv6`: over IPv4, or where a rule leads. */
function leadsToAnother(decision: Decision, ipv6: string): boolean {
  const { kind, step } = decision;
  if (kind === 'direct') return step !== 'loopback';
  return kind === 'translate' && step === 'rule' && decision.address !== ipv6;
}
