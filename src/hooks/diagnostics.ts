import diagnosticsChannel from 'node:diagnostics_channel';
import type { Decision } from '../address/decision';
import type { V6OnlyErrorCode } from '../report/errors';

/** `v6only:connect`, `v6only:bind` and `v6only:send`: the program used an IPv4 address, and v6only made a decision. */
export interface SocketEvent {
  /** The transport of the socket. */
  readonly protocol: 'tcp' | 'udp';
  /** The IPv4 address that the program used. */
  readonly address: string;
  /** From 0 to 65535. 0 if a socket is bound to any free port. */
  readonly port: number;
  /** The host name that the program gave, if it gave one. */
  readonly host: string | undefined;
  /** What the address became, and why. */
  readonly decision: Decision;
  /** The `net.Socket`, `net.Server` or `dgram.Socket`, if there is one yet. */
  readonly owner: object | undefined;
}

/** `v6only:lookup`: `dns.lookup` resolved a name, of a connect too. `dns.resolve*` publishes nothing. */
export interface LookupEvent {
  /** The name that the program looked up. */
  readonly hostname: string;
  /** The family that the program asked for: 4, 6, or 0 for both. */
  readonly family: number;
  /** Which resolver answered: the operating system's, or v6only's own. */
  readonly source: 'system' | 'v6only';
  /** The answer, as the program gets it. Empty if the lookup failed. */
  readonly addresses: readonly { address: string; family: number }[];
}

/** `v6only:prefix`: the NAT64 prefixes became known, or changed. */
export interface PrefixEvent {
  /** The prefixes in use, in order of preference. */
  readonly prefixes: readonly string[];
  /** Their origin, as in `PrefixOrigin`. */
  readonly source: 'policy' | 'router' | 'discovery' | 'assumed' | 'unknown';
}

/** `v6only:warning`: a warning. It is also a process warning, unless the policy has `"log": "silent"`. */
export interface WarningEvent {
  /** A stable code. */
  readonly code: V6OnlyErrorCode;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** A `node:diagnostics_channel` with a typed payload. Without a subscriber it costs one property read. */
export interface TypedChannel<T> {
  readonly hasSubscribers: boolean;
  publish(event: T): void;
}

const channel = <T>(name: string) => diagnosticsChannel.channel(name) as unknown as TypedChannel<T>;

export const connectChannel = channel<SocketEvent>('v6only:connect');
export const bindChannel = channel<SocketEvent>('v6only:bind');
export const sendChannel = channel<SocketEvent>('v6only:send');
export const lookupChannel = channel<LookupEvent>('v6only:lookup');
export const prefixChannel = channel<PrefixEvent>('v6only:prefix');
export const warningChannel = channel<WarningEvent>('v6only:warning');
