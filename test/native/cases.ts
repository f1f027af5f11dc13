import type { Arbitrary } from 'fast-check';
import { lookup, lookupService, type NameCase, resolve, reverse } from './cases-names.js';
import { type ConnectCase, connect, type ListenCase, listen } from './cases-tcp.js';
import { type DgramCase, dgram } from './cases-udp.js';

/** One call, or a sequence of calls of one socket, as JSON: see values.ts. */
export type Case = ConnectCase | ListenCase | DgramCase | NameCase;
export type Api = Case['api'];

/** API → its cases. */
export const ARBITRARIES: Readonly<Record<Api, Arbitrary<Case>>> = {
  connect,
  listen,
  dgram,
  lookup,
  resolve,
  reverse,
  lookupService,
};
