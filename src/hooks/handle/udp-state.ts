import type { View } from './view';

/** A UDP handle's state as a facade. */
export interface UdpState {
  readonly view: View;
  /** The IPv4 address that the program bound it to, where that is not 0.0.0.0. */
  local: string | undefined;
  /** What the program connected it to. */
  peer: string | undefined;
  broadcast: boolean;
  /** Addresses under a NAT64 prefix that an IPv6 program itself sent to: answers from there read as it wrote them. */
  written?: Set<string>;
  /** The IPv6 address that was sent to last: the next datagram mostly goes there too, and needs no look. */
  plain?: string;
}
