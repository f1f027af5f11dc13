import type { UdpHandle } from '../node-internals';

/** Node's own methods of a UDP handle, read before anything is patched. */
export type RealUdp = Pick<UdpHandle, (typeof METHODS)[number]>;

const METHODS = [
  'bind',
  'bind6',
  'connect',
  'connect6',
  'disconnect',
  'send',
  'send6',
  'recvStart',
  'recvStop',
  'getsockname',
  'getpeername',
  'open',
  'addMembership',
  'dropMembership',
  'addSourceSpecificMembership',
  'dropSourceSpecificMembership',
  'setMulticastInterface',
  'setMulticastTTL',
  'setMulticastLoopback',
  'setBroadcast',
  'setTTL',
  'bufferSize',
  'getSendQueueSize',
  'getSendQueueCount',
  'close',
  'ref',
  'unref',
  'hasRef',
] as const;

export function realMethods(prototype: UdpHandle): RealUdp {
  return Object.fromEntries(METHODS.map((method) => [method, prototype[method]])) as unknown as RealUdp;
}
