import type { Decision, Translated } from '../../address/decision';
import type { ConnectRequest, TcpHandle } from '../node-internals';
import type { Facade } from './facade';

/** A way to a destination: over IPv4, or to an IPv6 address. */
export type Way = Extract<Decision, { kind: 'direct' }> | Translated;

/** A connect whose destination may be reached by several ways. */
export interface WaysRequest {
  readonly handle: TcpHandle;
  readonly req: ConnectRequest;
  /** The IPv4 address. */
  readonly address: string;
  readonly port: number;
  /** In order of preference. May be empty if `more` has some. */
  readonly ways: readonly Way[];
  /** Further ways that are not known yet. Called when those above are used up. */
  readonly more?: (() => Promise<readonly Way[]>) | undefined;
  /** Milliseconds until the next way is tried in parallel with one that has not answered. */
  readonly delayMs: number;
  readonly facadeFor: (way: Way) => Facade | undefined;
  /** The destination answered on this way: it accepted or refused the connection. */
  readonly onAnswer?: (way: Way) => void;
}
