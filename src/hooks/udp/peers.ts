import type { Decision } from '../../address/decision';
import { canonicalIPv6 } from '../../address/ipv6';
import { Recent } from './recent-addresses';
import type { MappedState, UdpState } from './state';

/** A peer is answered where it came from, whatever way would be the best to its IPv4 address. */
export function wayBack(state: UdpState, ipv4: string, port: number): Decision | undefined {
  const address = state.came?.get(`${ipv4} ${port}`);
  return address === undefined ? undefined : { kind: 'translate', step: 'nat64', address, why: 'it came from there' };
}

/** The second of a socket that is not open hears whom it has asked. */
export function noteAsked(state: UdpState, address: string): void {
  state.asked ??= new Recent();
  state.asked.set(address, true);
}

/** Addresses that are remembered at most. */
const MAX_WRITTEN = 1024;

/** The program has written this IPv6 address itself: it reads as that. */
export function noteWritten(state: MappedState, address: string): void {
  state.written ??= new Set();
  if (state.written.size >= MAX_WRITTEN) state.written.clear();
  state.written.add(canonicalIPv6(address));
}
