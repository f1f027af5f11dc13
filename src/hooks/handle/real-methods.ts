import { TCP_METHODS, type TcpHandle, UDP_METHODS, type UdpHandle } from '../node-internals';

/** Node's own methods of a handle, read before anything is patched. */
export type RealTcp = Omit<TcpHandle, 'fd' | 'onconnection' | 'reset'>;
export type RealUdp = Omit<UdpHandle, 'fd' | 'onmessage' | 'lookup'>;

export const realTcp = (prototype: TcpHandle): RealTcp => pick(prototype, TCP_METHODS);
export const realUdp = (prototype: UdpHandle): RealUdp => pick(prototype, UDP_METHODS);

function pick<T extends object>(prototype: T, methods: readonly string[]): T {
  return Object.fromEntries(methods.map((method) => [method, prototype[method as keyof T]])) as T;
}
