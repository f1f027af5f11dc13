import diagnosticsChannel from 'node:diagnostics_channel';
import type { Decision } from '../address/decision';
import type { V6OnlyErrorCode } from '../errors';

/** `v6only:connect`, `v6only:bind` and `v6only:send`: an IPv4 address was asked for, and this was decided. */
export interface SocketEvent {
  readonly protocol: 'tcp' | 'udp';
  /** What the program asked for. */
  readonly address: string;
  readonly port: number;
  /** The host name that the program gave, where it gave one. */
  readonly host: string | undefined;
  readonly decision: Decision;
  /** The `net.Socket`, `net.Server` or `dgram.Socket`, where the handle has one yet. */
  readonly owner: object | undefined;
}

/** `v6only:lookup`: a name was looked up. */
export interface LookupEvent {
  readonly hostname: string;
  readonly family: number;
  /** Which resolver answered: the operating system's, or v6only's own. */
  readonly source: 'system' | 'v6only';
  readonly addresses: readonly { address: string; family: number }[];
}

/** `v6only:prefix`: the NAT64 prefixes were learned, or changed. */
export interface PrefixEvent {
  readonly prefixes: readonly string[];
  /** `router`: by its advertisements; `assumed`: the network named none, so the well-known prefix is tried. */
  readonly source: 'policy' | 'router' | 'discovery' | 'assumed' | 'unknown';
}

/** `v6only:warning`: what was also printed as a process warning. */
export interface WarningEvent {
  readonly code: V6OnlyErrorCode;
  readonly message: string;
}

/** A `node:diagnostics_channel` with a typed payload; costs one property read while nobody subscribes. */
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
