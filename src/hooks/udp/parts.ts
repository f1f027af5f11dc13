import type { HookContext } from '../context';
import type { RealUdp } from '../handle/real-methods';
import type { UdpPorts } from '../ports/udp-ports';
import type { AskedName } from './asked-name';
import type { ByRoute } from './by-route';
import type { UdpGroups } from './groups';
import type { Nat64Peers } from './nat64-peers';
import type { Seconds } from './second-sockets';

/** The parts that all datagram sockets share. */
export interface UdpParts {
  readonly context: HookContext;
  readonly real: RealUdp;
  readonly ports: UdpPorts;
  readonly seconds: Seconds;
  readonly groups: UdpGroups;
  readonly byRoute: ByRoute;
  readonly nat64Peers: Nat64Peers;
  readonly askedName: AskedName;
}
