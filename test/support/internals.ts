// What tests look at inside Node.js, typed in this one place.
import type { ChildProcess } from 'node:child_process';
import type dgram from 'node:dgram';
import type net from 'node:net';

/** A handle: a socket as libuv has it. */
export interface Handle {
  readonly fd: number;
  hasRef(): boolean;
}

/** A handle of a datagram socket. */
export interface UdpHandle extends Handle {
  readonly constructor: new () => UdpHandle;
  bind(address: string, port: number, flags: number): number;
  getsockname(name: { port?: number }): number;
  close(): void;
}

/** The handle of a TCP socket or server. */
export const handleOf = (socket: net.Socket | net.Server): Handle =>
  (socket as unknown as { readonly _handle: Handle })._handle;

/** The handle of a datagram socket. */
export function udpHandleOf(socket: dgram.Socket): UdpHandle {
  const state = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol');
  return (socket as unknown as Record<symbol, { readonly handle: UdpHandle }>)[state as symbol].handle;
}

/** How a child process sends over its IPC channel. */
export const sendOf = (child: ChildProcess): unknown => (child as unknown as { readonly _send: unknown })._send;

/** The id that async_hooks knows a socket by. */
export function asyncIdOf(socket: net.Socket): unknown {
  const id = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'async_id_symbol');
  return (socket as unknown as Record<symbol, unknown>)[id as symbol];
}
