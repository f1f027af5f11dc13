import { MAPPED } from '../../address/mapped';

/** An address and port that a program asked for, and what the kernel is asked for in its place. */
export interface Endpoint {
  /** As the program wrote it. */
  readonly address: string;
  readonly kernelAddress: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** With family 4: the IPv6 half of a socket that has real IPv4 of its own. */
  readonly v6only: boolean;
}

/** A socket that shares another's kernel socket: without one of its own, or with one that hears IPv4 alone. */
export type Guest = 'virtual' | 'companion';

/** As what `endpoint` joins a kernel socket: one that is deaf to IPv4 (127.0.0.1 may be there) leaves room for it beside. */
export function guestOf(socket: { readonly v6only: boolean }, endpoint: Endpoint): Guest {
  return socket.v6only && endpoint.family === 4 && !endpoint.v6only ? 'companion' : 'virtual';
}

/** What a companion binds in the kernel. */
export function companionAddress(endpoint: Endpoint): string {
  return MAPPED + endpoint.address;
}

/** Whether a kernel socket bound to `kernelAddress` hears all that `endpoint` would. */
export function covers(kernelAddress: string, endpoint: Endpoint): boolean {
  return kernelAddress === '::' || kernelAddress === endpoint.kernelAddress;
}

/** Whether two endpoints with one port collide on a dual-stack Linux host. */
export function collide(a: Endpoint, b: Endpoint): boolean {
  if (a.family === b.family) {
    const any = a.family === 4 ? '0.0.0.0' : '::';
    return a.address === b.address || a.address === any || b.address === any;
  }
  const six = a.family === 6 ? a : b;
  return six.address === '::' && !six.v6only;
}

/** Whether a listener hears a connection to `address`, on a dual-stack host. */
export function hears(listener: Endpoint, family: 4 | 6, address: string): boolean {
  if (family === 6) return listener.family === 6 && (listener.address === '::' || listener.address === address);
  if (listener.family === 6) return listener.address === '::' && !listener.v6only;
  return listener.address === '0.0.0.0' || listener.address === address || address === '0.0.0.0';
}
